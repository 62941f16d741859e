package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.scsi.Sense;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The data of one command on its way in, over several PDUs: immediate, unsolicited, and solicited
 * by R2Ts. Data comes in order (DataPDUInOrder and DataSequenceInOrder are always Yes), so one
 * cursor is enough; R2Ts may be asked ahead of it.
 */
final class WriteTransfer {

  private final Task task;
  private final int wantedBytes;
  private final long unsolicitedEnd;

  private ByteBuffer buffer;
  private @Nullable Sense failure;
  private boolean busy;
  private boolean unsolicited;
  private boolean granted;
  private long received;
  private long sequenceEnd;
  private int nextDataSn;

  private int asked;
  private int r2ts;
  private int answeredR2ts;
  private final int firstTag;
  private final int burstBytesMax;

  /**
   * @param wantedBytes how much of it the command needs; the rest is dropped
   * @param unsolicitedEnd where unsolicited data ends at the latest
   * @param unsolicited whether Data-Out PDUs come without being asked for
   * @param buffer room for what may come unsolicited, or for all if {@code granted}
   * @param firstTag Target Transfer Tag of the first R2T; the next ones count up
   */
  WriteTransfer(
      Task task,
      int wantedBytes,
      long unsolicitedEnd,
      boolean unsolicited,
      ByteBuffer buffer,
      boolean granted,
      int firstTag,
      int burstBytesMax) {
    this.task = task;
    this.wantedBytes = wantedBytes;
    this.unsolicitedEnd = unsolicitedEnd;
    this.unsolicited = unsolicited;
    this.buffer = buffer;
    this.granted = granted;
    this.firstTag = firstTag;
    this.burstBytesMax = burstBytesMax;
  }

  Task task() {
    return task;
  }

  int wantedBytes() {
    return wantedBytes;
  }

  ByteBuffer buffer() {
    return buffer;
  }

  /** All the data, once {@link #complete}. */
  ByteBuffer data() {
    return buffer.position(0).limit(wantedBytes);
  }

  boolean granted() {
    return granted;
  }

  int r2ts() {
    return r2ts;
  }

  /** Why the command fails although its data still comes, or null. */
  @Nullable Sense failure() {
    return failure;
  }

  void fail(Sense sense) {
    failure = sense;
  }

  /** Whether there is no room for its data: the initiator is to try again. */
  boolean busy() {
    return busy;
  }

  /** There is no room for its data, and what still comes unasked is dropped. */
  void turnAway() {
    busy = true;
  }

  /** Whether everything is there; if it fails, everything that was asked for. */
  boolean complete() {
    boolean ends = failure != null || busy;
    return !unsolicited && (ends ? answeredR2ts >= r2ts : received >= wantedBytes);
  }

  /** Moves to a buffer that takes all the data; returns the old one. */
  ByteBuffer grant(ByteBuffer larger) {
    ByteBuffer old = buffer;
    larger.put(0, old, 0, (int) Math.min(received, wantedBytes));
    buffer = larger;
    granted = true;
    return old;
  }

  /** Takes the immediate data of the command. */
  void immediate(ByteBuffer data) {
    store(data);
  }

  /** Takes a Data-Out; what is wrong with it makes the command fail. */
  void dataOut(BasicHeader header, ByteBuffer data) {
    boolean asksNothing = header.targetTransferTag() == BasicHeader.NO_TAG;
    Sense wrong = asksNothing ? checkUnsolicited(header, data) : checkSolicited(header, data);
    if (wrong != null && failure == null) {
      failure = wrong;
    }
    if (failure == null && !busy) {
      store(data);
    }
    nextDataSn++;
    boolean last = header.hasFlag(BasicHeader.FINAL);
    if (asksNothing) {
      unsolicited = unsolicited && !last;
    } else if (last) {
      answeredR2ts++;
    }
    if (last) {
      nextDataSn = 0;
    }
  }

  private @Nullable Sense checkUnsolicited(BasicHeader header, ByteBuffer data) {
    if (!unsolicited || received + data.remaining() > unsolicitedEnd) {
      return Sense.UNEXPECTED_UNSOLICITED_DATA;
    }
    return inOrder(header) ? null : Sense.DATA_PHASE_ERROR;
  }

  private @Nullable Sense checkSolicited(BasicHeader header, ByteBuffer data) {
    if (answeredR2ts >= r2ts
        || header.targetTransferTag() != firstTag + answeredR2ts
        || !inOrder(header)) {
      return Sense.DATA_PHASE_ERROR;
    }
    if (nextDataSn == 0) {
      sequenceEnd = Math.min(received + burstBytesMax, wantedBytes);
    }
    long after = received + data.remaining();
    boolean ends = header.hasFlag(BasicHeader.FINAL);
    return after > sequenceEnd || ends != (after == sequenceEnd) ? Sense.DATA_PHASE_ERROR : null;
  }

  private boolean inOrder(BasicHeader header) {
    return header.dataSn() == nextDataSn && header.bufferOffset() == received;
  }

  private void store(ByteBuffer data) {
    int length = (int) Math.max(0, Math.min(data.remaining(), wantedBytes - received));
    if (length > 0) {
      buffer.put((int) received, data, data.position(), length);
    }
    received += data.remaining();
  }

  /** Whether an R2T should be sent now, given how many may be outstanding. */
  boolean asks(int outstandingMax) {
    return granted
        && !unsolicited
        && failure == null
        && !busy
        && nextAsk() < wantedBytes
        && r2ts - answeredR2ts < outstandingMax;
  }

  private int nextAsk() {
    return r2ts == 0 ? (int) Math.min(received, wantedBytes) : asked;
  }

  /** Fills in an R2T for the next piece. */
  void ask(BasicHeader r2t) {
    int from = nextAsk();
    int length = Math.min(burstBytesMax, wantedBytes - from);
    r2t.flags(BasicHeader.FINAL)
        .lun(task.lun())
        .initiatorTaskTag(task.tag())
        .targetTransferTag(firstTag + r2ts);
    r2t.dataSn(r2ts).bufferOffset(from).residualCount(length);
    asked = from + length;
    r2ts++;
  }
}
