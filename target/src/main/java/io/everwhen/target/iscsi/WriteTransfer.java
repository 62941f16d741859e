package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The data of one command on its way in, over several PDUs: immediate, unsolicited, and solicited
 * by R2Ts. Data comes in order (DataPDUInOrder and DataSequenceInOrder are always Yes), so one
 * cursor is enough; R2Ts may be asked ahead of it.
 */
final class WriteTransfer {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Task task;
  private final int wantedBytes;
  private final long unsolicitedEnd;

  private BufferPool.@Nullable Room room;
  private @Nullable Sense failure;
  private @Nullable ByteBuffer landing;
  private boolean released;
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
   * @param room for what may come unsolicited, or for all if {@code granted}; null if there is
   *     none: then the initiator is to try again, and what still comes unasked is dropped
   * @param firstTag Target Transfer Tag of the first R2T; the next ones count up
   */
  WriteTransfer(
      Task task,
      int wantedBytes,
      long unsolicitedEnd,
      boolean unsolicited,
      BufferPool.@Nullable Room room,
      boolean granted,
      int firstTag,
      int burstBytesMax) {
    this.task = task;
    this.wantedBytes = wantedBytes;
    this.unsolicitedEnd = unsolicitedEnd;
    this.unsolicited = unsolicited;
    this.room = room;
    this.busy = room == null;
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

  /** Gives its room back, if it has any; once nothing can arrive there any more. */
  void release() {
    released = true;
    BufferPool.Room held = room;
    if (held != null && landing == null) {
      held.release();
    }
  }

  /**
   * Where the data of a Data-Out that has begun to come belongs, for it to be received there; null
   * if it has no such place, or is not what should come. Until {@link #landed} the room is not
   * given back, whatever becomes of the command.
   */
  @Nullable ByteBuffer landing(BasicHeader header) {
    int length = header.dataBytes();
    boolean asksNothing = header.targetTransferTag() == BasicHeader.NO_TAG;
    Sense wrong = asksNothing ? checkUnsolicited(header, length) : checkSolicited(header, length);
    if (wrong != null || failure != null || busy || !granted || received + length > wantedBytes) {
      return null;
    }
    ByteBuffer memory = room == null ? null : room.memory();
    landing = memory == null ? null : memory.slice((int) received, length);
    return landing;
  }

  /** What was to land has come, or never will. */
  void landed() {
    landing = null;
    if (released) {
      release();
    }
  }

  /** All the data, once {@link #complete}. */
  ByteBuffer data() {
    return wantedBytes == 0 ? NOTHING : memory().position(0).limit(wantedBytes);
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

  /** Moves to room for all the data. */
  void grant(BufferPool.Room larger) {
    BufferPool.Room old = Objects.requireNonNull(room, "one without room is busy");
    room = larger;
    granted = true;
    ByteBuffer come = old.used();
    if (come != null) {
      put(0, come, 0, (int) Math.min(received, wantedBytes));
    }
    old.release();
  }

  /** Takes the immediate data of the command. */
  void immediate(ByteBuffer data) {
    if (failure == null && !busy) {
      store(data);
    }
  }

  /** Takes a Data-Out; what is wrong with it makes the command fail. */
  void dataOut(BasicHeader header, ByteBuffer data) {
    boolean asksNothing = header.targetTransferTag() == BasicHeader.NO_TAG;
    Sense wrong =
        asksNothing
            ? checkUnsolicited(header, data.remaining())
            : checkSolicited(header, data.remaining());
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

  private @Nullable Sense checkUnsolicited(BasicHeader header, int length) {
    if (!unsolicited || received + length > unsolicitedEnd) {
      return Sense.UNEXPECTED_UNSOLICITED_DATA;
    }
    return inOrder(header) ? null : Sense.DATA_PHASE_ERROR;
  }

  private @Nullable Sense checkSolicited(BasicHeader header, int length) {
    if (answeredR2ts >= r2ts
        || header.targetTransferTag() != firstTag + answeredR2ts
        || !inOrder(header)) {
      return Sense.DATA_PHASE_ERROR;
    }
    if (nextDataSn == 0) {
      sequenceEnd = Math.min(received + burstBytesMax, wantedBytes);
    }
    long after = received + length;
    boolean ends = header.hasFlag(BasicHeader.FINAL);
    return after > sequenceEnd || ends != (after == sequenceEnd) ? Sense.DATA_PHASE_ERROR : null;
  }

  private boolean inOrder(BasicHeader header) {
    return header.dataSn() == nextDataSn && header.bufferOffset() == received;
  }

  private void store(ByteBuffer data) {
    int length = (int) Math.max(0, Math.min(data.remaining(), wantedBytes - received));
    if (length > 0 && !isLanding(data)) {
      put((int) received, data, data.position(), length);
    }
    received += data.remaining();
  }

  @SuppressWarnings("ReferenceEquality") // the very buffer, not one with the same content
  private boolean isLanding(ByteBuffer data) {
    return data == landing;
  }

  private void put(int at, ByteBuffer from, int position, int length) {
    ByteBuffer memory = room == null ? null : room.memory();
    if (memory == null) {
      busy = true;
    } else {
      memory.put(at, from, position, length);
    }
  }

  private ByteBuffer memory() {
    return Objects.requireNonNull(
        Objects.requireNonNull(room, "no room").memory(), "data came, so there is memory");
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
