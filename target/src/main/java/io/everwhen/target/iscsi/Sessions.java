package io.everwhen.target.iscsi;

import io.everwhen.target.iscsi.LoginAnswer.Admission;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All sessions with a set of targets. Any thread may call it. */
final class Sessions {

  private static final int TSIH_MAX = 0xffff;

  private final List<Session> open = new ArrayList<>();
  private int lastTsih;

  /** What becomes of an admitted login. */
  sealed interface Opening {
    record Opened(Session session) implements Opening {}

    record Refused(LoginStatus status) implements Opening {}
  }

  /** Opens a session; ends the one that it replaces first. */
  Opening open(Admission admission, int firstCmdSn, Connection connection) {
    if (admission.tsih() != 0) {
      return new Opening.Refused(
          exists(admission.tsih())
              ? LoginStatus.TOO_MANY_CONNECTIONS
              : LoginStatus.SESSION_DOES_NOT_EXIST);
    }
    for (Session replaced = replaced(admission); replaced != null; replaced = replaced(admission)) {
      // The old session's commands must not land after the new one's.
      replaced.connection().close("its session was reinstated");
      if (!replaced.connection().awaitEnd(Limits.REINSTATEMENT_SECONDS_MAX)) {
        return new Opening.Refused(LoginStatus.SERVICE_UNAVAILABLE);
      }
      close(replaced);
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
      Session session = new Session(admission, tsih, firstCmdSn, connection);
      open.add(session);
      return new Opening.Opened(session);
    }
  }

  private synchronized boolean exists(int tsih) {
    return open.stream().anyMatch(session -> session.tsih() == tsih);
  }

  private synchronized @Nullable Session replaced(Admission admission) {
    return open.stream()
        .filter(session -> session.isReplacedBy(admission))
        .findFirst()
        .orElse(null);
  }

  private int freeTsih() {
    for (int tries = 0; tries < TSIH_MAX; tries++) {
      lastTsih = lastTsih == TSIH_MAX ? 1 : lastTsih + 1;
      if (!exists(lastTsih)) {
        return lastTsih;
      }
    }
    return 0;
  }

  /** Forgets a session whose connection is gone. */
  synchronized void close(Session session) {
    open.remove(session);
    session.close();
  }

  synchronized List<Session> of(ServedTarget target) {
    return open.stream().filter(session -> session.target() == target).toList();
  }

  /** Ends all sessions with a target, and waits for the commands that run. */
  void close(ServedTarget target) {
    List<Session> ended = of(target);
    ended.forEach(session -> session.connection().close("its target is gone"));
    ended.forEach(session -> session.connection().awaitEnd(Limits.REINSTATEMENT_SECONDS_MAX));
  }

  /** Ends all sessions with a target, without waiting. */
  void drop(ServedTarget target, String reason) {
    of(target).forEach(session -> session.connection().close(reason));
  }
}
