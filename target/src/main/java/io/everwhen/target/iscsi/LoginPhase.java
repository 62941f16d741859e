package io.everwhen.target.iscsi;

import io.everwhen.target.iscsi.LoginAnswer.Admission;
import io.everwhen.target.iscsi.LoginAnswer.Complete;
import io.everwhen.target.iscsi.LoginAnswer.Continue;
import io.everwhen.target.iscsi.LoginAnswer.Refused;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.pdu.ProtocolException;
import io.everwhen.target.pdu.TextKeys;
import io.everwhen.target.pdu.TextKeys.Pair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/** Puts a {@link Login} on the wire, and opens the session that it leads to. */
final class LoginPhase {

  private static final int FIRST_STAT_SN = 1;
  private static final int LOGGED_CHARACTERS_MAX = 512;

  private final Login login;
  private final Sessions sessions;
  private final Connection connection;
  private final PduWriter writer;
  private int statSn = FIRST_STAT_SN;
  private @Nullable Admission admission;
  private boolean refused;

  LoginPhase(Login login, Sessions sessions, Connection connection, PduWriter writer) {
    this.login = login;
    this.sessions = sessions;
    this.connection = connection;
    this.writer = writer;
  }

  /** Whether the connection is to be closed. */
  boolean refused() {
    return refused;
  }

  /** StatSN of the first PDU after the login. */
  int nextStatSn() {
    return statSn;
  }

  private Admission admission() {
    return Objects.requireNonNull(admission, "not logged in");
  }

  /** What was agreed on for the connection, once it is logged in. */
  ConnectionParameters agreed() {
    return admission().own();
  }

  /** The connection's id within its session, once it is logged in. */
  int connectionId() {
    return admission().connectionId();
  }

  /** Takes a PDU and answers it; returns the session once there is one. */
  @Nullable Session take(BasicHeader header, ByteBuffer data) throws IOException {
    if (header.opcode() != Opcode.LOGIN_REQUEST) {
      throw new ProtocolException("opcode " + header.opcode() + " before login");
    }
    return switch (login.step(LoginRequest.of(header, data))) {
      case Continue answer -> {
        int flags = flags(answer.transit(), answer.currentStage(), answer.nextStage());
        respond(header, flags, header.tsih(), LoginStatus.SUCCESS, answer.keys());
        yield null;
      }
      case Complete answer -> complete(header, answer);
      case Refused answer -> {
        refuse(header, answer.status(), answer.reason());
        yield null;
      }
    };
  }

  private @Nullable Session complete(BasicHeader header, Complete answer) throws IOException {
    return switch (sessions.open(answer.admission(), header.cmdSn(), connection)) {
      case Sessions.Opening.Opened opened -> {
        admission = answer.admission();
        Session session = opened.session();
        int flags = flags(true, answer.currentStage(), LoginAnswer.FULL_FEATURE_PHASE);
        add(header, flags, session.tsih(), LoginStatus.SUCCESS, answer.keys())
            .expCmdSn(session.window().expCmdSn())
            .maxCmdSn(session.window().maxCmdSn());
        writer.flush();
        yield session;
      }
      case Sessions.Opening.Refused refusal -> {
        refuse(header, refusal.status(), "no session could be opened");
        sessions.released(answer.admission().target());
        yield null;
      }
    };
  }

  private static int flags(boolean transit, int currentStage, int nextStage) {
    return (transit ? BasicHeader.FINAL | nextStage : 0) | currentStage << 2;
  }

  private void refuse(BasicHeader header, LoginStatus status, String reason) throws IOException {
    connection.note(Level.WARN, "login refused, " + status + ": " + printable(reason));
    refused = true;
    respond(header, header.flags() & 0x0c, header.tsih(), status, List.of());
  }

  /** What a peer has sent, without what could pass for another line of the log. */
  private static String printable(String text) {
    return text.substring(0, Math.min(text.length(), LOGGED_CHARACTERS_MAX))
        .replaceAll("\\p{Cntrl}", "?");
  }

  private void respond(
      BasicHeader request, int flags, int tsih, LoginStatus status, List<Pair> keys)
      throws IOException {
    add(request, flags, tsih, status, keys);
    writer.flush();
  }

  private BasicHeader add(
      BasicHeader request, int flags, int tsih, LoginStatus status, List<Pair> keys)
      throws IOException {
    BasicHeader response =
        writer.add(Opcode.LOGIN_RESPONSE, ByteBuffer.wrap(TextKeys.encode(keys)));
    response
        .flags(flags)
        .lun(request.isid() << 16 | tsih)
        .initiatorTaskTag(request.initiatorTaskTag());
    response
        .statSn(statSn++)
        .expCmdSn(request.cmdSn())
        .maxCmdSn(request.cmdSn() + Limits.COMMAND_WINDOW - 1);
    return response.shortAt(36, status.code());
  }
}
