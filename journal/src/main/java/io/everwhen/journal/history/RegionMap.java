package io.everwhen.journal.history;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.everwhen.journal.format.SegmentIndex;
import java.io.Closeable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Which segments hold anything of which region of a disk, so that a read looks only into the
 * indexes of those that may hold what it wants, however many there are. It may name one that does
 * not, and never leaves out one that does.
 *
 * <p>For each 64 segments there is a row of words, one for each region, with a bit for each
 * segment. It is made when it has been asked for often enough to be worth it. All of it takes
 * {@value #BYTES_MAX} bytes at most, outside the heap: regions are as small as that allows. Any
 * thread; who closes it sees to it that nobody asks any more.
 */
final class RegionMap implements Closeable {

  private static final long BYTES_MAX = 16 << 20;

  private static final long REGION_BYTES_MIN = 4096;

  /** How many indexes are looked into without it first: to make it costs as much. */
  private static final int PATIENCE = 1 << 14;

  private static final long ALL = -1;

  private final List<HistorySegment> segments;
  private final int disk;
  private final long regionBytes;
  private final int regions;
  private final AtomicReferenceArray<MemorySegment> rows;
  private final AtomicInteger asked = new AtomicInteger();
  private @Nullable Arena arena;

  /**
   * Of a disk.
   *
   * @param segments that there will ever be, oldest first
   * @param sizeBytes of the disk; what is behind it is in the last region
   */
  RegionMap(List<HistorySegment> segments, int disk, long sizeBytes) {
    this.segments = segments;
    this.disk = disk;
    this.rows = new AtomicReferenceArray<>(segments.size() / Long.SIZE + 1);
    long words = BYTES_MAX / Long.BYTES / rows.length();
    this.regionBytes = Math.max(REGION_BYTES_MIN, (sizeBytes + words - 1) / words);
    this.regions = (int) Math.max(1, (sizeBytes + regionBytes - 1) / regionBytes);
  }

  /**
   * The newest segment, not newer than {@code newest}, that may hold anything of {@code [offset,
   * end)}; -1 when there is none.
   */
  int atOrBefore(int newest, long offset, long end) {
    if (newest < 0) {
      return -1;
    }
    long allowed = ALL >>> (Long.SIZE - 1 - newest % Long.SIZE);
    for (int row = newest / Long.SIZE; row >= 0; row--) {
      long holding = allowed & word(row, offset, end);
      if (holding != 0) {
        return row * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(holding);
      }
      allowed = ALL;
    }
    return -1;
  }

  private long word(int row, long offset, long end) {
    MemorySegment words = rows.getAcquire(row);
    if (words == null) {
      if (asked.incrementAndGet() <= PATIENCE) {
        return ALL;
      }
      words = made(row);
    }
    long holding = 0;
    for (int region = region(offset), last = region(end - 1); region <= last; region++) {
      holding |= words.getAtIndex(JAVA_LONG, region);
    }
    return holding;
  }

  private int region(long offset) {
    return (int) Math.min(regions - 1, offset / regionBytes);
  }

  private synchronized MemorySegment made(int row) {
    MemorySegment words = rows.get(row);
    if (words == null) {
      words = memory().allocate(JAVA_LONG, regions);
      // As a buffer it can be filled quickly by a program that has just started.
      LongBuffer noted = words.asByteBuffer().order(ByteOrder.nativeOrder()).asLongBuffer();
      int first = row * Long.SIZE;
      for (int s = first; s < Math.min(first + Long.SIZE, segments.size()); s++) {
        note(segments.get(s).index(), 1L << (s - first), noted);
      }
      rows.set(row, words);
    }
    return words;
  }

  /** Made when it is first needed, for closing one interrupts every thread. */
  private Arena memory() {
    Arena made = arena;
    if (made == null) {
      made = Arena.ofShared();
      arena = made;
    }
    return made;
  }

  private void note(SegmentIndex index, long bit, LongBuffer words) {
    // Extents come in the order of their places: so no region is looked at twice.
    int next = 0;
    int behind = index.extentsEnd(disk);
    for (int i = index.firstExtentReaching(disk, 0); i < behind; i++) {
      int last = region(index.extentOffset(i) + index.extentLength(i) - 1);
      for (next = Math.max(next, region(index.extentOffset(i))); next <= last; next++) {
        words.put(next, words.get(next) | bit);
      }
    }
  }

  /** Lets the memory go. */
  @Override
  public synchronized void close() {
    if (arena != null) {
      arena.close();
      arena = null;
    }
  }
}
