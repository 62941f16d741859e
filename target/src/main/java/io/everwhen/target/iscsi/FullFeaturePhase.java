package io.everwhen.target.iscsi;

import io.everwhen.target.iscsi.CommandWindow.Verdict;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.pdu.ProtocolException;
import io.everwhen.target.scsi.LogicalUnits;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a connection does once it is logged in: puts commands in order and hands each PDU to those
 * it concerns.
 */
final class FullFeaturePhase {

  private static final Logger log = LoggerFactory.getLogger(FullFeaturePhase.class);

  private static final int REMOVE_FOR_RECOVERY = 2;
  private static final int CLOSE_CONNECTION = 1;

  /** Responses to a logout. */
  private static final int CLOSED = 0;

  private static final int CONNECTION_NOT_FOUND = 1;
  private static final int RECOVERY_NOT_SUPPORTED = 2;

  /** Asynchronous messages, RFC 7143 section 11.9: fields and events. */
  private static final int ASYNC_EVENT = 36;

  private static final int PARAMETER_1 = 38;
  private static final int PARAMETER_2 = 40;
  private static final int PARAMETER_3 = 42;
  private static final int LOGOUT_REQUESTED = 1;
  private static final int CONNECTION_DROPPED = 2;

  /** The shortest time that can be given to log out. */
  private static final int LOGOUT_SECONDS = 1;

  /** Tags the pings that we send; the answers carry it back. */
  private static final int PING_TAG = 2;

  private final Session session;
  private final Targets targets;
  private final CommandWindow window;
  private final PduWriter writer;
  private final Replies replies;
  private final @Nullable ScsiTasks tasks;
  private final TextExchange text;
  private final HeldPdus held = new HeldPdus();
  private int segmentBytesMax;
  private boolean loggedOut;

  FullFeaturePhase(
      Session session,
      Targets targets,
      PduWriter writer,
      int statSn,
      InetSocketAddress local,
      BufferPool pool) {
    this.session = session;
    this.targets = targets;
    this.window = session.window();
    this.writer = writer;
    this.replies = new Replies(writer, window, statSn);
    this.segmentBytesMax = session.parameters().sendSegmentBytesMax();
    ServedTarget target = session.target();
    LogicalUnits units = session.units();
    this.tasks =
        target == null || units == null
            ? null
            : new ScsiTasks(target, units, session.parameters(), window, writer, replies, pool);
    this.text =
        new TextExchange(
            targets,
            session.initiator(),
            session.connection().peer().getAddress(),
            target,
            local,
            replies,
            segmentBytesMax,
            this::segmentBytesMax);
  }

  private void segmentBytesMax(int bytes) {
    segmentBytesMax = bytes;
    if (tasks != null) {
      tasks.segmentBytesMax(bytes);
    }
  }

  /** Whether the connection is to be closed once everything is sent. */
  boolean loggedOut() {
    return loggedOut;
  }

  /** Takes a PDU; its header and data are valid until the burst ends. */
  void take(BasicHeader header, ByteBuffer data) throws IOException {
    if (header.opcode() == Opcode.DATA_OUT) {
      if (tasks != null && (held.isEmpty() || !held.holdData(header, data))) {
        tasks.dataOut(header, data);
      }
      return;
    }
    if (header.opcode() == Opcode.SNACK_REQUEST) {
      replies.reject(header, Replies.COMMAND_NOT_SUPPORTED);
      return;
    }
    if (header.immediate()) {
      execute(header, data);
      return;
    }
    Verdict verdict = window.accept(header.cmdSn());
    switch (verdict) {
      case EXECUTE -> {
        execute(header, data);
        releaseHeld();
      }
      case HOLD -> held.hold(header, data);
      case IGNORE ->
          log.debug("{}: CmdSN {} outside the window", session.initiator(), header.cmdSn());
    }
  }

  private void releaseHeld() throws IOException {
    while (!held.isEmpty()) {
      HeldPdus.Held next = held.take(window.expCmdSn());
      if (next == null || window.accept(next.cmdSn()) != Verdict.EXECUTE) {
        return;
      }
      BasicHeader header = new BasicHeader();
      for (ByteBuffer pdu : next.pdus()) {
        ByteBuffer data = pdu.slice(BasicHeader.BYTES, pdu.capacity() - BasicHeader.BYTES);
        header.wrap(pdu, 0);
        if (header.opcode() == Opcode.DATA_OUT && tasks != null) {
          tasks.dataOut(header, data);
        } else {
          execute(header, data);
        }
      }
    }
  }

  private void execute(BasicHeader header, ByteBuffer data) throws IOException {
    switch (header.opcode()) {
      case Opcode.SCSI_COMMAND -> {
        if (tasks == null) {
          replies.reject(header, Replies.COMMAND_NOT_SUPPORTED);
        } else {
          tasks.command(header, data);
        }
      }
      case Opcode.NOP_OUT -> nopOut(header, data);
      case Opcode.TASK_MANAGEMENT_REQUEST -> taskManagement(header);
      case Opcode.TEXT_REQUEST -> text.request(header, data);
      case Opcode.LOGOUT_REQUEST -> logout(header);
      case Opcode.LOGIN_REQUEST ->
          throw new ProtocolException("a login request in full feature phase");
      default -> replies.reject(header, Replies.COMMAND_NOT_SUPPORTED);
    }
    if (tasks == null) {
      window.open(0);
    }
  }

  private void nopOut(BasicHeader header, ByteBuffer data) throws IOException {
    int tag = header.initiatorTaskTag();
    if (tag == BasicHeader.NO_TAG) {
      return; // the answer to our ping, or a mere ExpStatSN
    }
    long lun = header.lun();
    ByteBuffer echo = data.limit(data.position() + Math.min(data.remaining(), segmentBytesMax));
    replies.add(Opcode.NOP_IN, tag, echo).lun(lun).targetTransferTag(BasicHeader.NO_TAG);
  }

  private void taskManagement(BasicHeader header) throws IOException {
    if (tasks == null) {
      replies.reject(header, Replies.COMMAND_NOT_SUPPORTED);
      return;
    }
    tasks.settle(); // what was carried out before is answered before
    int response = TaskManagement.execute(header, tasks);
    replies.add(Opcode.TASK_MANAGEMENT_RESPONSE, header.initiatorTaskTag()).byteAt(2, response);
    ServedTarget target = session.target();
    if (target != null && TaskManagement.isColdReset(header)) {
      writer.flush();
      targets.sessions().drop(target, "its target was reset");
    }
  }

  private void logout(BasicHeader header) throws IOException {
    if (tasks != null) {
      tasks.settle();
    }
    int reason = header.flags() & 0x7f;
    int response = CLOSED;
    if (reason == REMOVE_FOR_RECOVERY) {
      response = RECOVERY_NOT_SUPPORTED;
    } else if (reason == CLOSE_CONNECTION && header.shortAt(20) != session.connectionId()) {
      response = CONNECTION_NOT_FOUND;
    }
    replies.add(Opcode.LOGOUT_RESPONSE, header.initiatorTaskTag()).byteAt(2, response);
    loggedOut = response == CLOSED;
  }

  /** Ends a burst: settles its changes, and sends all answers. */
  void endBurst() throws IOException {
    if (tasks != null) {
      tasks.settle();
    }
    writer.flush();
  }

  /** Asks whether the initiator is still there. */
  void ping() throws IOException {
    replies
        .addUnnumbered(Opcode.NOP_IN)
        .flags(BasicHeader.FINAL)
        .initiatorTaskTag(BasicHeader.NO_TAG)
        .targetTransferTag(PING_TAG);
    writer.flush();
  }

  /** Asks the initiator to log out. */
  void requestLogout() throws IOException {
    asyncMessage(LOGOUT_REQUESTED).shortAt(PARAMETER_3, LOGOUT_SECONDS);
    writer.flush();
  }

  /** Says that the connection is about to end, and that its tasks are not kept. */
  void announceDrop() throws IOException {
    asyncMessage(CONNECTION_DROPPED)
        .shortAt(PARAMETER_1, session.connectionId())
        .shortAt(PARAMETER_2, Limits.RETURN_AFTER_SECONDS);
    writer.flush();
  }

  private BasicHeader asyncMessage(int event) throws IOException {
    return replies.add(Opcode.ASYNC_MESSAGE, BasicHeader.NO_TAG).byteAt(ASYNC_EVENT, event);
  }

  void close() {
    if (tasks != null) {
      tasks.close();
    }
  }
}
