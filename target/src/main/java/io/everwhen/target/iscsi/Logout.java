package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import java.util.List;

/** Logout requests, RFC 7143 sections 11.14 and 11.15. */
final class Logout {

  private static final int CLOSE_SESSION = 0;
  private static final int CLOSE_CONNECTION = 1;
  private static final int REMOVE_FOR_RECOVERY = 2;

  /** Responses. */
  static final int CLOSED = 0;

  static final int CONNECTION_NOT_FOUND = 1;
  static final int RECOVERY_NOT_SUPPORTED = 2;
  static final int CLEANUP_FAILED = 3;

  private final Sessions sessions;
  private final Session session;
  private final Connection connection;
  private final int connectionId;

  /**
   * What a logout came to.
   *
   * @param leaves whether the connection that asked ends, too
   */
  record Result(int response, boolean leaves) {}

  Logout(Sessions sessions, Session session, Connection connection, int connectionId) {
    this.sessions = sessions;
    this.session = session;
    this.connection = connection;
    this.connectionId = connectionId;
  }

  static boolean isValid(BasicHeader request) {
    return reason(request) <= REMOVE_FOR_RECOVERY;
  }

  private static int reason(BasicHeader request) {
    return request.flags() & 0x7f;
  }

  /**
   * Carries out a valid request. Other connections that it ends have ended when this returns; the
   * one that asks ends after the response.
   */
  Result execute(BasicHeader request) {
    return switch (reason(request)) {
      case CLOSE_SESSION -> {
        sessions.logOut(session, connection);
        yield leave();
      }
      case CLOSE_CONNECTION -> close(request.shortAt(20));
      default -> new Result(RECOVERY_NOT_SUPPORTED, false);
    };
  }

  /** Whoever has the response may rely on it that the nexus, if it ends with this, has ended. */
  private Result leave() {
    sessions.leave(session, connection);
    return new Result(CLOSED, true);
  }

  private Result close(int id) {
    if (id == connectionId) {
      return leave();
    }
    Connection other = session.connection(id);
    if (other == null) {
      return new Result(CONNECTION_NOT_FOUND, false);
    }
    boolean ended = Sessions.end(List.of(other), "it was logged out", connection::closed);
    return new Result(ended ? CLOSED : CLEANUP_FAILED, false);
  }
}
