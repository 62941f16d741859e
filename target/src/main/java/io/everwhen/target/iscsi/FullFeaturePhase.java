package io.everwhen.target.iscsi;

import io.everwhen.target.iscsi.CommandWindow.Verdict;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduReader;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.pdu.ProtocolException;
import io.everwhen.target.scsi.LogicalUnits;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a connection does once it is logged in: puts commands in order and hands each PDU to those
 * it concerns.
 */
final class FullFeaturePhase implements PduReader.Landing {

  private static final Logger log = LoggerFactory.getLogger(FullFeaturePhase.class);

  private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

  /** Time2Wait of a logout response. */
  private static final int TIME_TO_WAIT = 40;

  private final Session session;
  private final Targets targets;
  private final Connection connection;
  private final CommandWindow window;
  private final PduWriter writer;
  private final Replies replies;
  private final @Nullable ScsiTasks tasks;
  private final @Nullable TaskManagement management;
  private final TextExchange text;
  private final Logout logout;
  private final AsyncMessages messages;
  private final HeldPdus held = new HeldPdus();
  private int segmentBytesMax;
  private boolean loggedOut;

  FullFeaturePhase(
      Session session,
      Connection connection,
      int connectionId,
      ConnectionParameters parameters,
      Targets targets,
      PduWriter writer,
      int statSn,
      BufferPool pool,
      int transferBytesMax) {
    this.session = session;
    this.connection = connection;
    this.targets = targets;
    this.window = session.window();
    this.writer = writer;
    this.replies = new Replies(writer, window, statSn);
    this.segmentBytesMax = parameters.sendSegmentBytesMax();
    DataInStream dataIn =
        new DataInStream(
            writer, window, session.parameters().burstBytesMax(), parameters.sendSegmentBytesMax());
    ServedTarget target = session.target();
    LogicalUnits units = session.units();
    if (target == null || units == null) {
      this.tasks = null;
      this.management = null;
    } else {
      RunningTasks others = new RunningTasks(targets.sessions(), connection, units);
      this.tasks =
          new ScsiTasks(
              target,
              units,
              session,
              connection.running(),
              others,
              dataIn,
              writer,
              replies,
              pool,
              transferBytesMax,
              connection::turnCame);
      this.management = new TaskManagement(session, connection, tasks, units, others);
    }
    this.text =
        new TextExchange(
            targets,
            session.initiator(),
            connection.peer().getAddress(),
            target,
            connection::addresses,
            replies,
            segmentBytesMax,
            this::segmentBytesMax);
    this.logout = new Logout(targets.sessions(), session, connection, connectionId);
    this.messages = new AsyncMessages(replies, writer, connectionId);
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

  /**
   * Takes a PDU whose data is not what was sent, RFC 7143 section 7.8: it is dropped, and the
   * initiator told. A write that it belonged to fails once all its data has come.
   */
  void takeDamaged(BasicHeader header, ByteBuffer data) throws IOException {
    replies.reject(header, Replies.DATA_DIGEST_ERROR);
    if (header.opcode() == Opcode.DATA_OUT && tasks != null) {
      if (!held.isEmpty() && held.holdData(header, data)) {
        throw new ProtocolException("data digest error in a command ahead of its turn");
      }
      tasks.damagedDataOut(header, data);
    }
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
      replies.reject(header, Replies.SNACK_REJECT);
      return;
    }
    if (tasks != null) {
      tasks.mark(header.lun());
    }
    if (header.immediate()) {
      if (isDue(header)) {
        execute(header, data);
      } else {
        held.holdImmediate(header);
      }
      return;
    }
    Verdict verdict = window.accept(header.cmdSn(), connection);
    switch (verdict) {
      case EXECUTE -> {
        execute(header, data);
        if (!held.isEmpty()) {
          resume();
        }
      }
      case HOLD -> held.hold(header, data);
      case IGNORE ->
          log.debug("{}: CmdSN {} outside the window", session.initiator(), header.cmdSn());
    }
  }

  private boolean isDue(BasicHeader header) {
    return management == null
        || header.opcode() != Opcode.TASK_MANAGEMENT_REQUEST
        || management.isDue(header);
  }

  /** Goes on with the commands whose turn has come. */
  void resume() throws IOException {
    held.dropBefore(window.expCmdSn());
    BasicHeader header = new BasicHeader();
    for (ByteBuffer pdu : held.takeImmediate(this::isDue)) {
      execute(header.wrap(pdu, 0), NO_DATA);
    }
    while (!loggedOut) {
      HeldPdus.Held next = held.take(window.expCmdSn());
      if (next == null) {
        return;
      }
      if (tasks != null) {
        tasks.mark(header.wrap(next.pdus().getFirst(), 0).lun());
      }
      if (window.accept(next.cmdSn(), connection) != Verdict.EXECUTE) {
        return;
      }
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
    if (tasks == null || management == null) {
      replies.reject(header, Replies.COMMAND_NOT_SUPPORTED);
      return;
    }
    tasks.settle(); // what was carried out before is answered before
    int response = management.execute(header);
    replies.add(Opcode.TASK_MANAGEMENT_RESPONSE, header.initiatorTaskTag()).byteAt(2, response);
    ServedTarget target = session.target();
    if (target != null && TaskManagement.isColdReset(header)) {
      writer.flush();
      targets.sessions().drop(target, "its target was reset");
    }
  }

  private void logout(BasicHeader header) throws IOException {
    if (!Logout.isValid(header)) {
      replies.reject(header, Replies.INVALID_PDU_FIELD);
      return;
    }
    if (tasks != null) {
      tasks.settle();
    }
    Logout.Result result = logout.execute(header);
    replies
        .add(Opcode.LOGOUT_RESPONSE, header.initiatorTaskTag())
        .byteAt(2, result.response())
        .shortAt(TIME_TO_WAIT, Limits.RETURN_AFTER_SECONDS);
    loggedOut = result.leaves();
  }

  /** How many changes wait to be settled; 0 when some of what waits is to be flushed. */
  int settling() {
    return tasks == null ? 0 : tasks.settling();
  }

  /** Whether much data is awaited that {@link #room} may have a place for. */
  boolean awaitsLanding() {
    return tasks != null && tasks.awaitsLanding();
  }

  @Override
  public @Nullable ByteBuffer room(BasicHeader header) {
    return tasks == null || header.opcode() != Opcode.DATA_OUT ? null : tasks.landing(header);
  }

  /** The PDU whose data landed has been taken. */
  void landed() {
    if (tasks != null) {
      tasks.landed();
    }
  }

  /** Ends a burst, or a part of one: settles its changes, and sends all answers. */
  void endBurst() throws IOException {
    if (tasks != null) {
      tasks.settle();
    }
    writer.flush();
  }

  /** Whether a flush is likely to come next. */
  boolean expectsFlush() {
    return tasks != null && tasks.expectsFlush();
  }

  /** Has what is likely to be flushed next brought to stable storage. */
  void flushAhead() {
    if (tasks != null) {
      tasks.flushAhead();
    }
  }

  /** What may be said between two bursts. */
  AsyncMessages messages() {
    return messages;
  }

  /** Lets go of everything; the connection is gone. */
  void close() {
    window.forget(connection);
    if (tasks != null) {
      tasks.close();
    }
  }
}
