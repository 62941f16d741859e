package io.everwhen.target.iscsi;

import io.everwhen.target.iscsi.LoginAnswer.Admission;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** All sessions with a set of targets, and which connections they have. Any thread may call it. */
final class Sessions {

  private static final int TSIH_MAX = 0xffff;
  private static final int WAIT_MILLIS = 50;

  private final List<Session> open = new ArrayList<>();
  private int lastTsih;

  /** Threads for what a connection has to do because of another one; at most one each. */
  private final Executor executor =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("iscsi-order-", 0).factory());

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
    for (Session replaced = replaced(admission); replaced != null; replaced = replaced(admission)) {
      // The old session's commands must not land after the new one's.
      if (!end(replaced.connections(), "its session was reinstated", connection::closed)) {
        return new Opening.Refused(LoginStatus.SERVICE_UNAVAILABLE);
      }
    }
    ServedTarget target = admission.target();
    synchronized (this) {
      if (target != null && target.removed()) {
        return new Opening.Refused(LoginStatus.NOT_FOUND);
      }
      int tsih = freeTsih();
      if (tsih == 0) {
        return new Opening.Refused(LoginStatus.SERVICE_UNAVAILABLE);
      }
      Session session = new Session(admission, tsih, firstCmdSn);
      session.add(admission.connectionId(), connection);
      open.add(session);
      return new Opening.Opened(session);
    }
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
      old = session.connection(id);
      if (old == null && session.full()) {
        return new Opening.Refused(LoginStatus.TOO_MANY_CONNECTIONS);
      }
      session.expect();
    }
    boolean free = old == null || end(List.of(old), "it was reinstated", connection::closed);
    synchronized (this) {
      session.expectNoLonger();
      if (free && !session.ending() && session.connection(id) == null) {
        session.add(id, connection);
        return new Opening.Opened(session);
      }
      closeIfOver(session);
      return new Opening.Refused(LoginStatus.SERVICE_UNAVAILABLE);
    }
  }

  private @Nullable Session find(int tsih) {
    return open.stream().filter(session -> session.tsih() == tsih).findFirst().orElse(null);
  }

  /** The session that a login replaces as long as it has connections; it gets no more of them. */
  private synchronized @Nullable Session replaced(Admission admission) {
    for (Session session : open) {
      if (session.isOf(admission)) {
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
    }
  }

  synchronized List<Session> of(ServedTarget target) {
    return open.stream().filter(session -> session.target() == target).toList();
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

  /** Ends all sessions with a target, and waits for the commands that run. */
  void close(ServedTarget target) {
    end(
        of(target).stream().flatMap(session -> session.connections().stream()).toList(),
        "its target is gone",
        () -> false);
  }

  /** Ends all sessions with a target, without waiting. */
  void drop(ServedTarget target, String reason) {
    of(target).forEach(session -> session.drop(reason));
  }
}
