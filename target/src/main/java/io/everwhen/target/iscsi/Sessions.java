package io.everwhen.target.iscsi;

import io.everwhen.target.iscsi.LoginAnswer.Admission;
import io.everwhen.target.scsi.LogicalUnits;
import io.everwhen.target.scsi.Sense;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All sessions with a set of targets, and which connections they have. Any thread may call it. */
final class Sessions {

  /** TSIHs that there are; 0 is none. */
  static final int TSIH_MAX = 0xffff;

  private static final int WAIT_MILLIS = 50;

  private final Portals portals;
  private final List<Session> open = new ArrayList<>();
  private int lastTsih;
  private int sessionsMax = Limits.SESSIONS_MAX;
  private volatile @Nullable Consumer<ServedTarget> whenUnused;

  /** Threads for what a connection has to do because of another one; at most one each. */
  private final Executor executor =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("iscsi-order-", 0).factory());

  Sessions(Portals portals) {
    this.portals = portals;
  }

  /** What becomes of an admitted login. */
  sealed interface Opening {
    record Opened(Session session) implements Opening {}

    record Refused(LoginStatus status) implements Opening {}
  }

  /** Carries out what a connection's own thread, waiting for its peer, cannot. */
  Executor executor() {
    return executor;
  }

  /** Opens a session, or adds to one; ends first what the login replaces. */
  Opening open(Admission admission, int firstCmdSn, Connection connection) {
    return admission.tsih() == 0
        ? begin(admission, firstCmdSn, connection)
        : join(admission, connection);
  }

  private Opening begin(Admission admission, int firstCmdSn, Connection connection) {
    int group = connection.portalGroup();
    for (Session replaced = replaced(admission, group);
        replaced != null;
        replaced = replaced(admission, group)) {
      // The old session's commands must not land after the new one's.
      if (!end(replaced.connections(), "its session was reinstated", connection::closed)) {
        return new Opening.Refused(LoginStatus.SERVICE_UNAVAILABLE);
      }
    }
    synchronized (this) {
      LoginStatus changed = changed(admission, connection);
      if (changed != null) {
        return new Opening.Refused(changed);
      }
      int tsih = freeTsih();
      if (tsih == 0 || open.size() >= sessionsMax) {
        return new Opening.Refused(LoginStatus.OUT_OF_RESOURCES);
      }
      AccessRule rule = rule(admission.target(), admission.initiator(), connection);
      Session session =
          new Session(admission, rule, group, portals.groups(group), tsih, firstCmdSn);
      session.add(admission.connectionId(), connection);
      open.add(session);
      return new Opening.Opened(session);
    }
  }

  /** Why a login that was let in is not let in any more, since the rules have changed, or null. */
  private static @Nullable LoginStatus changed(Admission admission, Connection connection) {
    ServedTarget target = admission.target();
    AccessRule before = admission.rule();
    if (target == null || before == null) {
      return null;
    } else if (target.removed()) {
      return LoginStatus.NOT_FOUND;
    }
    AccessRule now = rule(target, admission.initiator(), connection);
    return now == null || !provesTheSame(now, before) ? LoginStatus.AUTHORIZATION_FAILURE : null;
  }

  private static @Nullable AccessRule rule(
      @Nullable ServedTarget target, String initiator, Connection connection) {
    return target == null ? null : target.rule(initiator, connection.peer().getAddress());
  }

  private static boolean provesTheSame(AccessRule one, AccessRule other) {
    return Objects.equals(one.access().credentials(), other.access().credentials());
  }

  /** Adds a connection to a session, in the place of the one with the same id if there is one. */
  private Opening join(Admission admission, Connection connection) {
    int id = admission.connectionId();
    Session session;
    Connection old;
    synchronized (this) {
      session = find(admission.tsih());
      if (session == null || !session.isOf(admission)) {
        return new Opening.Refused(LoginStatus.SESSION_DOES_NOT_EXIST);
      }
      if (session.portalGroup() != connection.portalGroup()) {
        return new Opening.Refused(LoginStatus.CANNOT_INCLUDE_IN_SESSION);
      }
      if (!mayJoin(session, admission, connection)) {
        return new Opening.Refused(LoginStatus.AUTHORIZATION_FAILURE);
      }
      old = session.connection(id);
      if (old == null && session.full()) {
        return new Opening.Refused(LoginStatus.TOO_MANY_CONNECTIONS);
      }
      session.expect();
    }
    boolean free = old == null || end(List.of(old), "it was reinstated", connection::closed);
    synchronized (this) {
      session.expectNoLonger();
      if (free
          && !session.ending()
          && session.connection(id) == null
          && mayJoin(session, admission, connection)) {
        session.add(id, connection);
        return new Opening.Opened(session);
      }
      closeIfOver(session);
      return new Opening.Refused(LoginStatus.SERVICE_UNAVAILABLE);
    }
  }

  /** Whether the rule that counts for the session lets the connection in as well. */
  private static boolean mayJoin(Session session, Admission admission, Connection connection) {
    AccessRule rule = rule(session.target(), session.initiator(), connection);
    return changed(admission, connection) == null && Objects.equals(rule, session.rule());
  }

  /** There are other portal groups: sessions see them as ports of their targets. */
  synchronized void followPortals() {
    open.forEach(session -> session.groups(portals.groups(session.portalGroup())));
  }

  synchronized void sessionsMax(int value) {
    sessionsMax = value;
  }

  private @Nullable Session find(int tsih) {
    return open.stream().filter(session -> session.tsih() == tsih).findFirst().orElse(null);
  }

  /** The session that a login replaces as long as it has connections; it gets no more of them. */
  private synchronized @Nullable Session replaced(Admission admission, int portalGroup) {
    for (Session session : open) {
      if (session.isOf(admission) && session.portalGroup() == portalGroup) {
        session.end();
        if (!session.connections().isEmpty()) {
          return session;
        }
      }
    }
    return null;
  }

  private int freeTsih() {
    for (int tries = 0; tries < TSIH_MAX; tries++) {
      lastTsih = lastTsih == TSIH_MAX ? 1 : lastTsih + 1;
      if (find(lastTsih) == null) {
        return lastTsih;
      }
    }
    return 0;
  }

  /** A connection is gone; with its last one a session is over. */
  synchronized void leave(Session session, Connection connection) {
    session.remove(connection);
    closeIfOver(session);
  }

  private void closeIfOver(Session session) {
    if (session.over() && open.remove(session)) {
      session.close();
      released(session.target());
    }
  }

  /** Tells, on a thread of its own, of every target that has no sessions any more. */
  void whenUnused(Consumer<ServedTarget> told) {
    whenUnused = told;
  }

  /** A session with this target is over, or has not come to be. */
  void released(@Nullable ServedTarget target) {
    Consumer<ServedTarget> told = whenUnused;
    if (told != null && target != null && of(target).isEmpty()) {
      executor.execute(() -> told.accept(target));
    }
  }

  synchronized List<Session> of(ServedTarget target) {
    return open.stream().filter(session -> session.target() == target).toList();
  }

  /** The sessions that see one of these units, or more. */
  synchronized List<Session> seeing(LogicalUnits units) {
    return open.stream()
        .filter(session -> session.units() != null && units.shares(session.units()))
        .toList();
  }

  /**
   * Ends connections, and waits until nothing of them runs any more.
   *
   * @param pointless whether to wait no longer
   * @return whether they have ended; false after {@link Limits#REINSTATEMENT_MILLIS_MAX}
   */
  static boolean end(Collection<Connection> connections, String reason, BooleanSupplier pointless) {
    List<Connection> all = List.copyOf(connections);
    all.forEach(connection -> connection.close(reason));
    int waited = 0;
    for (Connection connection : all) {
      while (!connection.awaitEndMillis(WAIT_MILLIS)) {
        waited += WAIT_MILLIS;
        if (waited > Limits.REINSTATEMENT_MILLIS_MAX || pointless.getAsBoolean()) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Ends a session at the wish of one of its connections, RFC 7143 section 11.14.1: the others end
   * before this returns.
   *
   * @return false if it is being ended already
   */
  boolean logOut(Session session, Connection by) {
    synchronized (this) {
      if (session.ending()) {
        return false;
      }
      session.end();
    }
    end(
        session.connections().stream().filter(other -> other != by).toList(),
        "its session was logged out",
        by::closed);
    return true;
  }

  /**
   * Ends all sessions with a target that was removed; returns when nothing of theirs runs any more,
   * however long it takes.
   */
  void close(ServedTarget target) {
    List<Connection> ended = connections(target);
    ended.forEach(connection -> connection.close("its target is gone"));
    ended.forEach(Connection::awaitEnd);
  }

  private List<Connection> connections(ServedTarget target) {
    return of(target).stream().flatMap(session -> session.connections().stream()).toList();
  }

  /**
   * Serves a target by other rules, and lets every session see it. Initiators that are not admitted
   * any more, or would have to prove something else, are asked to log out, and then dropped. When
   * this returns no command of the target's sessions runs where it would not be let in now.
   */
  void update(ServedTarget served, Target target) {
    List<Connection> unwanted = new ArrayList<>();
    List<Connection> told = new ArrayList<>();
    synchronized (this) {
      served.become(target);
      for (Session session : of(served)) {
        AccessRule rule = follow(session, unwanted);
        if (rule != null && session.follow(rule)) {
          session.connections().stream()
              .filter(connection -> !unwanted.contains(connection))
              .findFirst()
              .ifPresent(told::add);
        }
      }
    }
    told.forEach(
        connection -> executor.execute(() -> connection.tellWhenFree(Sessions::tellOfLuns)));
    unwanted.forEach(
        connection -> executor.execute(() -> connection.dismiss("it is not admitted any more")));
    unwanted.forEach(Connection::awaitEnd);
    Running.awaitEnds(connections(served), true);
  }

  private static void tellOfLuns(AsyncMessages messages) throws IOException {
    messages.scsiEvent(0, Sense.REPORTED_LUNS_DATA_HAS_CHANGED);
  }

  /** The rule that counts for a session now; connections that it does not let in are unwanted. */
  private static @Nullable AccessRule follow(Session session, List<Connection> unwanted) {
    AccessRule before = session.rule();
    AccessRule rule = null;
    for (Connection connection : session.connections()) {
      AccessRule now = rule(session.target(), session.initiator(), connection);
      boolean admitted =
          now != null
              && before != null
              && provesTheSame(now, before)
              && (rule == null || rule.equals(now));
      if (admitted) {
        rule = now;
      } else {
        unwanted.add(connection);
      }
    }
    return rule;
  }

  /** Ends all sessions with a target, without waiting. */
  void drop(ServedTarget target, String reason) {
    of(target).forEach(session -> session.drop(reason));
  }
}
