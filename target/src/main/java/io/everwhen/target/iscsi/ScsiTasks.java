package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.pdu.ProtocolException;
import io.everwhen.target.scsi.BlockLimits;
import io.everwhen.target.scsi.Cdb;
import io.everwhen.target.scsi.LogicalUnits;
import io.everwhen.target.scsi.Nexus;
import io.everwhen.target.scsi.Outcome;
import io.everwhen.target.scsi.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SCSI commands of one connection: collects their data, has them carried out, and answers.
 * Commands run as soon as their data is there; the answers to changes wait for {@link #settle},
 * once a burst or for a part of one. For one thread.
 */
final class ScsiTasks {

  private static final Logger log = LoggerFactory.getLogger(ScsiTasks.class);

  /** Data this long is worth a read of its own. */
  private static final int LONG_BYTES = 32 << 10;

  private final ServedTarget target;
  private final LogicalUnits units;
  private final Session session;
  private final SessionParameters parameters;
  private final CommandWindow window;
  private final Running running;
  private final RunningTasks others;
  private final PduWriter writer;
  private final Replies replies;
  private final BufferPool.Share buffers;
  private final int transferBytesMax;
  private final DataInStream dataIn;
  private final ScsiResponses responses;
  private final PendingTasks pending;
  private final FlushHabit flushHabit = new FlushHabit();
  private final BasicHeader amended = new BasicHeader();

  private final Map<Integer, WriteTransfer> transfers = new LinkedHashMap<>();
  private final ArrayDeque<WriteTransfer> ungranted = new ArrayDeque<>();
  private final List<WriteTransfer> unsettled = new ArrayList<>();
  private @Nullable WriteTransfer landing;
  private int longestDataOut;
  private int grantedBytes;
  private int nextTransferTag;
  private int seenAborts;
  private Nexus marked;
  private int markedAborts;

  ScsiTasks(
      ServedTarget target,
      LogicalUnits units,
      Session session,
      Running running,
      RunningTasks others,
      DataInStream dataIn,
      PduWriter writer,
      Replies replies,
      BufferPool pool,
      int transferBytesMax,
      Runnable wake) {
    this.target = target;
    this.units = units;
    this.session = session;
    this.parameters = session.parameters();
    this.window = session.window();
    this.running = running;
    this.others = others;
    this.writer = writer;
    this.replies = replies;
    this.buffers = pool.share();
    this.transferBytesMax = transferBytesMax;
    this.dataIn = dataIn;
    this.responses = new ScsiResponses(replies);
    this.pending = new PendingTasks(wake);
    this.seenAborts = units.aborts();
    this.marked = units.nexus(0);
  }

  /** The initiator's MaxRecvDataSegmentLength has changed. */
  void segmentBytesMax(int bytes) {
    dataIn.segmentBytesMax(bytes);
  }

  /**
   * Notes what a LUN leads to, and how often tasks were aborted there: before the command that
   * comes next is put in order, so that no abort falls between.
   */
  void mark(long lun) {
    marked = units.nexus(lun);
    markedAborts = marked.aborts();
  }

  /** Takes a SCSI command whose turn it is, and that was {@link #mark marked}. */
  void command(BasicHeader header, ByteBuffer data) throws IOException {
    dropAborted();
    target.counters().commands.increment();
    Cdb cdb = Cdb.decode(header.buffer(), header.at() + BasicHeader.CDB_AT);
    boolean writes = header.hasFlag(BasicHeader.WRITE);
    long expected = header.expectedDataTransferLength();
    long expectedOut = writes ? expected : 0;
    boolean unsolicited = writes && !header.hasFlag(BasicHeader.FINAL);
    if (transfers.containsKey(header.initiatorTaskTag())) {
      replies.reject(header, Replies.TASK_IN_PROGRESS);
      return;
    }
    Nexus nexus = marked;
    long needed = nexus.dataOutBytes(cdb);
    Sense refused = nexus.check(cdb);
    if (refused == null) {
      refused = checkData(data.remaining(), needed, expectedOut, unsolicited);
    }
    // Residuals tell of the command as it was given; what is carried out is what data comes for.
    Cdb fitted = nexus.withDataOut(cdb, expectedOut);
    if (refused == null && fitted == null) {
      refused = Sense.INVALID_FIELD_IN_INFORMATION_UNIT;
    }
    Task task =
        new Task(
            header.initiatorTaskTag(),
            header.lun(),
            nexus,
            markedAborts,
            fitted == null ? cdb : fitted,
            expected,
            needed,
            header.hasFlag(BasicHeader.READ));
    long wanted = refused == null ? nexus.dataOutBytes(task.cdb()) : 0;
    if (unsolicited || data.remaining() < wanted) {
      collect(task, data, refused, (int) wanted, unsolicited);
    } else if (refused != null) {
      responses.failed(task.tag(), nexus, refused, expected, needed, 0);
    } else {
      settleBefore(task);
      run(task, first(data, (int) wanted), 0, session.connections().size() > 1);
    }
  }

  private static ByteBuffer first(ByteBuffer data, int bytes) {
    return data.limit(data.position() + bytes);
  }

  /** Whether what comes with a command is what was agreed on at login. */
  private @Nullable Sense checkData(
      int immediate, long needed, long expectedOut, boolean unsolicited) {
    if (immediate > 0 && (!parameters.immediateData() || immediate > firstBurst(expectedOut))) {
      return Sense.UNEXPECTED_UNSOLICITED_DATA;
    }
    if (unsolicited && parameters.initialR2t()) {
      return Sense.UNEXPECTED_UNSOLICITED_DATA;
    }
    return needed > BlockLimits.TRANSFER_BYTES_MAX ? Sense.INVALID_FIELD_IN_CDB : null;
  }

  private long firstBurst(long expectedOut) {
    return Math.min(parameters.firstBurstBytesMax(), expectedOut);
  }

  private void collect(
      Task task, ByteBuffer data, @Nullable Sense refused, int wanted, boolean unsolicited)
      throws IOException {
    if (transfers.size() >= Limits.TRANSFERS_MAX) {
      throw new ProtocolException(
          "more than " + Limits.TRANSFERS_MAX + " commands that wait for data");
    }
    boolean granted = ungranted.isEmpty() && grantedBytes + wanted <= transferBytesMax;
    int unasked = unsolicited ? parameters.firstBurstBytesMax() : data.remaining();
    BufferPool.Room room = granted ? buffers.room(wanted) : null;
    if (room == null && grantedBytes > 0) {
      granted = false; // until what is granted has ended
      room = buffers.room(Math.min(wanted, unasked));
    }
    boolean busy = room == null;
    if (busy && !unsolicited) {
      responses.busy(task.tag(), task.expectedBytes() - task.neededBytes(), 0);
      return;
    }
    WriteTransfer transfer =
        new WriteTransfer(
            task,
            wanted,
            firstBurst(task.expectedBytes()),
            unsolicited,
            room,
            granted && !busy,
            nextTransferTag,
            parameters.burstBytesMax());
    nextTransferTag = nextTransferTag(wanted);
    if (refused != null) {
      transfer.fail(refused);
    }
    transfer.immediate(data);
    transfers.put(task.tag(), transfer);
    window.begun();
    if (task.aborted()) {
      seenAborts = units.aborts() - 1; // over another connection, just now: look again
    }
    if (transfer.granted()) {
      grantedBytes += wanted;
    } else if (!busy) {
      ungranted.add(transfer);
    }
    advance(transfer);
  }

  /** Tags of one transfer's R2Ts are consecutive, and never the reserved one. */
  private int nextTransferTag(int wanted) {
    int next = nextTransferTag + wanted / parameters.burstBytesMax() + 2;
    return next < 0 ? 0 : next;
  }

  /**
   * Takes a Data-Out. One of a task that is not there any more was aborted or has failed, and is
   * dropped.
   */
  void dataOut(BasicHeader header, ByteBuffer data) throws IOException {
    dropAborted();
    longestDataOut = Math.max(longestDataOut, data.remaining());
    WriteTransfer transfer = transfers.get(header.initiatorTaskTag());
    if (transfer != null) {
      transfer.dataOut(header, data);
      advance(transfer);
    }
  }

  /** The same, but its data is not what was sent. */
  void damagedDataOut(BasicHeader header, ByteBuffer data) throws IOException {
    dropAborted();
    WriteTransfer transfer = transfers.get(header.initiatorTaskTag());
    if (transfer != null) {
      if (transfer.failure() == null) {
        transfer.fail(Sense.PROTOCOL_SERVICE_CRC_ERROR);
      }
      transfer.dataOut(header, data);
      advance(transfer);
    }
  }

  /**
   * Whether long Data-Outs are awaited, for which it is worth while that they are received where
   * they belong. Whether the initiator sends such is known once it has sent any.
   */
  boolean awaitsLanding() {
    return grantedBytes >= (long) LONG_BYTES * Math.max(1, transfers.size())
        && (longestDataOut == 0 || longestDataOut >= LONG_BYTES);
  }

  /** Where the data of a Data-Out belongs that has begun to come; null if it has no such place. */
  @Nullable ByteBuffer landing(BasicHeader header) {
    WriteTransfer transfer = transfers.get(header.initiatorTaskTag());
    ByteBuffer room = transfer == null ? null : transfer.landing(header);
    landing = room == null ? null : transfer;
    return room;
  }

  /** The PDU whose data landed has been taken. */
  void landed() {
    WriteTransfer transfer = landing;
    landing = null;
    if (transfer != null) {
      transfer.landed();
    }
  }

  private void advance(WriteTransfer transfer) throws IOException {
    if (transfer.complete()) {
      finish(transfer);
      return;
    }
    while (transfer.asks(parameters.outstandingR2tMax())) {
      transfer.ask(replies.addUnnumbered(Opcode.READY_TO_TRANSFER));
    }
  }

  private void finish(WriteTransfer transfer) throws IOException {
    Task task = transfer.task();
    transfers.remove(task.tag());
    Sense failure = transfer.failure();
    if (failure != null) {
      responses.failed(
          task.tag(),
          task.nexus(),
          failure,
          task.expectedBytes(),
          task.neededBytes(),
          transfer.r2ts());
      transfer.release();
    } else if (transfer.busy()) {
      responses.busy(task.tag(), task.expectedBytes() - task.neededBytes(), transfer.r2ts());
      transfer.release();
    } else {
      settleBefore(task);
      unsettled.add(transfer);
      run(task, transfer.data(), transfer.r2ts(), true);
    }
    forget(transfer);
    grantWaiting();
  }

  private void forget(WriteTransfer transfer) {
    window.finished();
    if (transfer.granted()) {
      grantedBytes -= transfer.wantedBytes();
    } else {
      ungranted.remove(transfer);
    }
  }

  private void grantWaiting() throws IOException {
    for (WriteTransfer next = ungranted.peek(); next != null; next = ungranted.peek()) {
      if (grantedBytes + next.wantedBytes() > transferBytesMax) {
        return;
      }
      BufferPool.Room larger = buffers.room(next.wantedBytes());
      if (larger == null && grantedBytes > 0) {
        return; // and come back when what is granted has ended
      }
      ungranted.remove();
      if (larger == null) {
        next.turnAway();
      } else {
        grantedBytes += next.wantedBytes();
        next.grant(larger);
      }
      advance(next);
    }
  }

  private void settleBefore(Task task) throws IOException {
    if (task.cdb().settlesFirst()) {
      settle();
    }
  }

  /**
   * @param abortable whether it had to wait, so that one who aborts it may be past waiting for it.
   *     One that came whole began after an abort that it meets, unless that came over another
   *     connection of the session
   */
  private void run(Task task, ByteBuffer data, int r2ts, boolean abortable) throws IOException {
    int written = data.remaining();
    dataIn.reset(task.tag(), task.reads() ? task.expectedBytes() : 0);
    Outcome outcome;
    if (task.cdb().changes()) {
      writer.giveBack();
    }
    running.begin(task.cdb().changes());
    try {
      if (abortable && task.aborted()) {
        task.nexus().dropped();
        return;
      }
      outcome = task.nexus().execute(task.cdb(), data, dataIn);
    } catch (RuntimeException e) {
      log.error("{} failed", task.cdb(), e);
      outcome = new Outcome.ChangesLost(Sense.INTERNAL_TARGET_FAILURE);
    } finally {
      running.end();
    }
    target.counters().bytesWritten.add(written);
    target.counters().bytesRead.add(dataIn.sent());
    answer(task, outcome, r2ts);
    if (responses.full()) {
      settle();
    }
  }

  private void answer(Task task, Outcome outcome, int r2ts) throws IOException {
    int tag = task.tag();
    Nexus nexus = task.nexus();
    long expected = task.expectedBytes();
    long needed = task.neededBytes();
    switch (outcome) {
      case Outcome.Done.GOOD -> {
        if (task.cdb().aborts()) {
          others.awaitEnds();
        }
        good(tag, expected, Math.max(needed, dataIn.total()));
        flushHabit.other();
      }
      case Outcome.Done.GOOD_ONCE_SETTLED ->
          responses.later(tag, nexus, expected - needed, r2ts, false);
      case Outcome.Done.GOOD_ONCE_FLUSHED ->
          responses.later(tag, nexus, expected - needed, r2ts, true);
      case Outcome.Done.RESERVATION_CONFLICT -> responses.conflict(tag, expected - needed, r2ts);
      case Outcome.CheckCondition check ->
          responses.failed(
              tag,
              nexus,
              check.sense(),
              expected,
              Math.max(needed, dataIn.sent()),
              r2ts + dataIn.pdus());
      case Outcome.Pending goesOn -> pending.add(task, r2ts, goesOn);
      case Outcome.ChangesLost lost -> {
        responses.lose(nexus, lost.sense());
        responses.failed(tag, nexus, lost.sense(), expected, needed, r2ts);
        settle();
      }
    }
  }

  /** GOOD at once: in the last Data-In if that is still here. */
  private void good(int tag, long expected, long actual) throws IOException {
    if (dataIn.sent() > 0 && writer.canAmend(amended) && amended.opcode() == Opcode.DATA_IN) {
      int flags =
          BasicHeader.FINAL | BasicHeader.STATUS | ScsiResponses.residualFlags(expected, actual);
      replies.number(amended).flags(flags).residualCount(Math.abs(expected - actual));
    } else {
      responses.good(tag, expected - actual, dataIn.pdus());
    }
  }

  /** How many changes wait to be settled; 0 when some of what waits is to be flushed. */
  int settling() {
    return responses.settling();
  }

  /**
   * Makes the changes of the burst last as they have to, and answers them. Data views of the burst
   * are free after it.
   */
  void settle() throws IOException {
    Nexus last = responses.last();
    if (last != null) {
      // What changes the disk may wait for what is lent of it.
      writer.giveBack();
      flushHabit.answered(last, responses.settling() == 0);
    }
    responses.settle();
    for (PendingTasks.Ended ended : pending.ended()) {
      dataIn.reset(ended.task().tag(), 0);
      answer(ended.task(), ended.outcome(), ended.r2ts());
    }
    releaseUnsettled();
  }

  /** Has what is likely to be flushed next brought to stable storage. */
  void flushAhead() {
    Nexus nexus = flushHabit.expected();
    if (nexus != null) {
      nexus.expectFlush();
    }
  }

  /** Whether a flush is likely to come next. */
  boolean expectsFlush() {
    return flushHabit.expected() != null;
  }

  private void releaseUnsettled() {
    if (!unsettled.isEmpty()) {
      unsettled.forEach(WriteTransfer::release);
      unsettled.clear();
    }
  }

  /**
   * Aborts the tasks that {@code tags} select; returns how many. Their data, still to come, will be
   * dropped.
   */
  int abort(Predicate<Task> which) throws IOException {
    int count = 0;
    for (Iterator<WriteTransfer> all = transfers.values().iterator(); all.hasNext(); ) {
      WriteTransfer transfer = all.next();
      if (which.test(transfer.task())) {
        transfer.task().nexus().dropped();
        all.remove();
        forget(transfer);
        transfer.release();
        count++;
      }
    }
    grantWaiting();
    return count + pending.abort(which);
  }

  /** Drops the tasks that were aborted by what happened to their logical unit. */
  void dropAborted() throws IOException {
    int aborts = units.aborts();
    if (aborts != seenAborts) {
      seenAborts = aborts;
      abort(Task::aborted);
    }
  }

  /** Gives all room back, when the connection is gone; the disk lets go of them first. */
  void close() {
    writer.drop();
    responses.drop();
    landed();
    transfers
        .values()
        .forEach(transfer -> {
          transfer.release();
          window.finished();
        });
    transfers.clear();
    releaseUnsettled();
  }
}
