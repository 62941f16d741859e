package io.everwhen.journal.image;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.log.Journal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * What of a rewound disk is still to be filled in: the parts of it that were changed since the
 * instant that it went back to. They are read from the past; each is written to the journal, as it
 * was then, before anything else in it is changed, and all of them by and by.
 *
 * <p>So the first change that the journal holds of a part after the rewind covers all of it: by
 * that, what is left is found again after a crash. Any thread.
 */
public final class Backfill {

  /** What one entry fills in at most, where a part is not larger. */
  private static final int STEP_BYTES = 1 << 20;

  private static final int MIN_PART_BYTES = 4096;
  private static final int MAX_PARTS = 1 << 24;

  /** The content of the disk at the instant that it went back to. */
  public interface Past {
    /** Fills {@code into} from {@code offset} on; one thread at a time. */
    void read(long offset, ByteBuffer into) throws IOException;
  }

  /** Parts of a disk, by number. */
  public static final class Parts {
    private final long sizeBytes;
    private final int partBytes;
    private final BitSet parts = new BitSet();

    /** None of a disk that has {@code sizeBytes}. */
    public Parts(long sizeBytes) {
      this.sizeBytes = sizeBytes;
      long least = Long.highestOneBit(Math.max(1, (sizeBytes - 1) / MAX_PARTS)) << 1;
      this.partBytes = (int) Math.max(MIN_PART_BYTES, least);
    }

    /** Adds those that a range touches. */
    public void add(long offset, long length) {
      long end = Math.min(offset + length, sizeBytes);
      if (offset < end) {
        parts.set((int) (offset / partBytes), (int) ((end - 1) / partBytes) + 1);
      }
    }

    /** All of a disk that has {@code sizeBytes}. */
    public static Parts all(long sizeBytes) {
      Parts all = new Parts(sizeBytes);
      all.add(0, sizeBytes);
      return all;
    }

    /** Adds what is in others, which may be of another size. */
    public void add(Parts others) {
      for (int from = others.parts.nextSetBit(0); from >= 0; ) {
        int behind = others.parts.nextClearBit(from);
        add((long) from * others.partBytes, (long) (behind - from) * others.partBytes);
        from = others.parts.nextSetBit(behind);
      }
    }

    /** Takes away those that are in others of the same size. */
    public void remove(Parts others) {
      parts.andNot(others.parts);
    }

    public boolean isEmpty() {
      return parts.isEmpty();
    }

    /** Bytes in them. */
    public long bytes() {
      long last = (sizeBytes - 1) / partBytes;
      long cut = parts.get((int) last) ? (last + 1) * partBytes - sizeBytes : 0;
      return (long) parts.cardinality() * partBytes - cut;
    }
  }

  private final Journal journal;
  private final int disk;
  private final Past past;
  private final @Nullable Past recorded;
  private final Parts pending;
  private ByteBuffer buffer = ByteBuffer.allocateDirect(0);
  private ByteBuffer recordedBuffer = ByteBuffer.allocateDirect(0);

  /**
   * For a disk that was just rewound.
   *
   * @param pending what is to be filled in
   */
  public Backfill(Journal journal, int disk, Past past, Parts pending) {
    this(journal, disk, past, pending, null);
  }

  /**
   * For a disk some of whose content may not be recorded.
   *
   * @param past what it holds
   * @param pending where that may be so
   * @param recorded what it holds as far as that is recorded, in {@code pending}: where both are
   *     the same, nothing is filled in; null when nobody can tell
   */
  public Backfill(Journal journal, int disk, Past past, Parts pending, @Nullable Past recorded) {
    this.journal = journal;
    this.disk = disk;
    this.past = past;
    this.pending = pending;
    this.recorded = recorded;
  }

  /** Bytes that are still to be filled in. */
  public synchronized long pendingBytes() {
    return pending.bytes();
  }

  synchronized Parts pending() {
    return pending;
  }

  private int part(long offset) {
    return (int) (offset / pending.partBytes);
  }

  private long start(int part) {
    return (long) part * pending.partBytes;
  }

  private long end(int part) {
    return Math.min(start(part + 1), pending.sizeBytes);
  }

  /** How many bytes from {@code offset} on, before {@code end}, are still to be filled in. */
  synchronized long pendingRun(long offset, long end) {
    if (offset >= pending.sizeBytes || !pending.parts.get(part(offset))) {
      return 0;
    }
    int behind = pending.parts.nextClearBit(part(offset));
    return Math.min(end, end(behind - 1)) - offset;
  }

  /** How many bytes from {@code offset} on, before {@code end}, are not to be filled in. */
  synchronized long presentRun(long offset, long end) {
    int next = offset >= pending.sizeBytes ? -1 : pending.parts.nextSetBit(part(offset));
    return (next < 0 ? end : Math.clamp(start(next), offset, end)) - offset;
  }

  /**
   * Reads from the past what is still to be filled in, as far as that goes from {@code offset} on.
   *
   * @return how many bytes that were; 0 when it is not to be filled in any more
   */
  synchronized int readPending(long offset, ByteBuffer into) throws IOException {
    int bytes = (int) pendingRun(offset, offset + into.remaining());
    if (bytes > 0) {
      int limit = into.limit();
      past.read(offset, into.limit(into.position() + bytes));
      into.limit(limit);
    }
    return bytes;
  }

  /** What was left is where it belongs now. */
  synchronized void nothingPending() {
    pending.parts.clear();
  }

  /** Receives a range, in bytes. */
  interface Range {
    void take(long offset, int length) throws IOException;
  }

  /** Goes through what is still to be filled in of a range, while nobody changes that. */
  synchronized void eachPending(long offset, int length, Range range) throws IOException {
    long end = offset + length;
    for (long at = offset; at < end; ) {
      int run = (int) pendingRun(at, end);
      if (run > 0) {
        range.take(at, run);
      }
      at += run + presentRun(at + run, end);
    }
  }

  /** Stages a change of some ranges, after what has to be there before it. */
  synchronized void change(long[] offsets, long[] lengths, Staging staging) throws IOException {
    for (int i = 0; i < offsets.length; i++) {
      if (lengths[i] > 0) {
        long end = offsets[i] + lengths[i];
        fillUnlessWithin(part(offsets[i]), offsets[i], end);
        fillUnlessWithin(part(end - 1), offsets[i], end);
      }
    }
    staging.stage();
    // From here on a reader waits for what is staged.
    for (int i = 0; i < offsets.length; i++) {
      long end = Math.min(offsets[i] + lengths[i], pending.sizeBytes);
      if (offsets[i] < end) {
        pending.parts.clear(part(offsets[i]), part(end - 1) + 1);
      }
    }
  }

  /** Stages something. */
  interface Staging {
    void stage() throws IOException;
  }

  private void fillUnlessWithin(int part, long offset, long end) throws IOException {
    boolean within = offset <= start(part) && end >= end(part);
    if (!within && pending.parts.get(part)) {
      fill(part, part + 1);
    }
  }

  /**
   * Fills in some of what is left; what cannot be read stays.
   *
   * @param from where to begin, in bytes
   * @return where to go on; the greatest number when there is nothing behind that
   */
  synchronized long fillSome(long from) throws IOException {
    int first = from >= pending.sizeBytes ? -1 : pending.parts.nextSetBit(part(from));
    if (first < 0) {
      return Long.MAX_VALUE;
    }
    int most = Math.max(1, STEP_BYTES / pending.partBytes);
    int fits = Math.max(1, journal.maxPayloadBytes() / pending.partBytes);
    int behind = Math.min(pending.parts.nextClearBit(first), first + Math.min(most, fits));
    fill(first, behind);
    return end(behind - 1);
  }

  private void fill(int from, int behind) throws IOException {
    long offset = start(from);
    int length = (int) (end(behind - 1) - offset);
    if (buffer.capacity() < length) {
      buffer = ByteBuffer.allocateDirect(length);
    }
    past.read(offset, buffer.clear().limit(length));
    buffer.flip();
    if (!isRecorded(offset, length)) {
      stageWhatDiffers(offset, length);
    }
    pending.parts.clear(from, behind);
  }

  /** Fetches what is recorded there; whether that is the same. */
  private boolean isRecorded(long offset, int length) throws IOException {
    Past known = recorded;
    if (known == null) {
      return false;
    }
    if (recordedBuffer.capacity() < length) {
      recordedBuffer = ByteBuffer.allocateDirect(length);
    }
    known.read(offset, recordedBuffer.clear().limit(length));
    return recordedBuffer.flip().equals(buffer);
  }

  private void stageWhatDiffers(long offset, int length) throws IOException {
    int step = recorded == null ? length : pending.partBytes;
    for (int at = 0, end; at < length; at = end) {
      end = Math.min(length, at + step);
      ByteBuffer content = buffer.slice(at, end - at);
      if (recorded == null || !recordedBuffer.slice(at, end - at).equals(content)) {
        stage(offset + at, content);
      }
    }
    journal.settle();
  }

  private void stage(long offset, ByteBuffer content) throws IOException {
    if (Zeros.only(content, 0, content.limit())) {
      journal.zero(disk, EntryKind.UNMAP, new long[] {offset}, new long[] {content.limit()});
    } else {
      journal.write(disk, offset, content);
    }
  }
}
