package io.everwhen.journal.image;

import io.everwhen.journal.log.Segment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Disjoint ranges of a disk, by offset, each with the change that is its newest content. To be used
 * again and again: what is asked of a {@link BlockMap} is put into one that the caller brings, and
 * the map itself is made of them.
 *
 * <p>Numbers in arrays, so that a million of them are no million objects. One thread.
 */
final class Pieces {

  private static final int FIRST_CAPACITY = 16;

  /** For how many one that is released keeps memory: for 1 MiB in blocks of 4 KiB. */
  private static final int CAPACITY_KEPT = 256;

  // Of each piece, one behind the other in `rows`; apart from them is where it starts, which is
  // what is searched.
  private static final int END = 0;
  private static final int SEQUENCE = 1;
  private static final int PLACE = 2;
  private static final int OFFSET = 3;
  private static final int ROW = 4;

  // Beside the place.
  private static final int ZEROES = 1;
  private static final int ENCODED = 2;
  private static final int PLACE_SHIFT = 2;

  private int count;
  private long[] starts;
  private long[] rows;
  private @Nullable Segment[] segments;

  Pieces() {
    this(FIRST_CAPACITY);
  }

  /** None yet, with memory for so many. */
  Pieces(int capacity) {
    starts = new long[capacity];
    rows = new long[capacity * ROW];
    segments = new Segment[capacity];
  }

  int count() {
    return count;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** For how many there is memory. */
  int capacity() {
    return starts.length;
  }

  long start(int piece) {
    return starts[Objects.checkIndex(piece, count)];
  }

  long end(int piece) {
    return row(piece, END);
  }

  /** Of the entry that holds the change. */
  long sequence(int piece) {
    return row(piece, SEQUENCE);
  }

  /** Where that entry is. */
  Segment segment(int piece) {
    return Objects.requireNonNull(segments[Objects.checkIndex(piece, count)]);
  }

  /** Of the entry's header in the segment. */
  long place(int piece) {
    return row(piece, PLACE) >> PLACE_SHIFT;
  }

  /** Where on the disk the whole change begins, of which this is a part. */
  long offset(int piece) {
    return row(piece, OFFSET);
  }

  /** Whether it reads as zeros and has no payload. */
  boolean zeroes(int piece) {
    return (row(piece, PLACE) & ZEROES) != 0;
  }

  /** Whether the payload has to be decoded. */
  boolean encoded(int piece) {
    return (row(piece, PLACE) & ENCODED) != 0;
  }

  private long row(int piece, int what) {
    return rows[Objects.checkIndex(piece, count) * ROW + what];
  }

  /** How many begin before {@code offset}. */
  int countBefore(long offset) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (starts[middle] < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The first that ends behind {@code offset}; {@link #count} when there is none. */
  int firstBehind(long offset) {
    int next = countBefore(offset);
    return next > 0 && end(next - 1) > offset ? next - 1 : next;
  }

  /** Forgets all of them. */
  void clear() {
    cutTo(0);
  }

  /** Forgets all of them, and gives back what memory is more than usual. */
  void release() {
    clear();
    if (capacity() > CAPACITY_KEPT) {
      starts = new long[FIRST_CAPACITY];
      rows = new long[FIRST_CAPACITY * ROW];
      segments = new Segment[FIRST_CAPACITY];
    }
  }

  /** The place and what is beside it, as {@link #set} and {@link #insert} take them. */
  static long pack(long place, boolean zeroes, boolean encoded) {
    return place << PLACE_SHIFT | (zeroes ? ZEROES : 0) | (encoded ? ENCODED : 0);
  }

  /** The place of a piece and what is beside it, as {@link #pack} has them. */
  long packedPlace(int piece) {
    return row(piece, PLACE);
  }

  /** Puts another change in the place of a piece that has the same range. */
  void set(int piece, long sequence, Segment segment, long packedPlace, long offset) {
    int row = Objects.checkIndex(piece, count) * ROW;
    rows[row + SEQUENCE] = sequence;
    rows[row + PLACE] = packedPlace;
    rows[row + OFFSET] = offset;
    segments[piece] = segment;
  }

  /** Puts a piece before the one that is {@code at} there now; it has to belong there. */
  void insert(
      int at, long start, long end, long sequence, Segment segment, long packedPlace, long offset) {
    if ((at > 0 && end(at - 1) > start) || (at < count && start(at) < end)) {
      throw new IllegalStateException(
          "bytes %d to %d do not fit before piece %d of %d".formatted(start, end, at, count));
    }
    reserve(count + 1);
    move(at, count, at + 1);
    count++;
    starts[at] = start;
    rows[at * ROW + END] = end;
    set(at, sequence, segment, packedPlace, offset);
  }

  private void reserve(int pieces) {
    if (pieces > capacity()) {
      int capacity = Math.max(pieces, capacity() * 2);
      starts = Arrays.copyOf(starts, capacity);
      rows = Arrays.copyOf(rows, capacity * ROW);
      segments = Arrays.copyOf(segments, capacity);
    }
  }

  private void move(int from, int to, int at) {
    System.arraycopy(starts, from, starts, at, to - from);
    System.arraycopy(rows, from * ROW, rows, at * ROW, (to - from) * ROW);
    System.arraycopy(segments, from, segments, at, to - from);
  }

  /** Adds some of others, which lie behind these. */
  void append(Pieces others, int from, int to) {
    Objects.checkFromToIndex(from, to, others.count);
    reserve(count + to - from);
    System.arraycopy(others.starts, from, starts, count, to - from);
    System.arraycopy(others.rows, from * ROW, rows, count * ROW, (to - from) * ROW);
    System.arraycopy(others.segments, from, segments, count, to - from);
    count += to - from;
  }

  /** Takes some away. */
  void remove(int from, int to) {
    Objects.checkFromToIndex(from, to, count);
    move(to, count, from);
    cutTo(count - (to - from));
  }

  private void cutTo(int pieces) {
    Arrays.fill(segments, pieces, count, null);
    count = pieces;
  }

  /** Takes away what lies before {@code end} of those from {@code first} on. */
  void removeBefore(long end, int first) {
    int behind = countBefore(end);
    if (behind > first && end(behind - 1) > end) {
      behind--;
      starts[behind] = end;
    }
    if (behind > first) {
      remove(first, behind);
    }
  }

  /** Takes away those whose entry is not after {@code sequence}. */
  void removeUpTo(long sequence) {
    int left = 0;
    for (int i = 0; i < count; ) {
      int from = i;
      while (i < count && rows[i * ROW + SEQUENCE] > sequence) {
        i++;
      }
      if (i > from && from > left) {
        move(from, i, left);
      }
      left += i - from;
      while (i < count && rows[i * ROW + SEQUENCE] <= sequence) {
        i++;
      }
    }
    cutTo(left);
  }

  /** Takes away what of a piece lies behind {@code end}. */
  void cutEnd(int piece, long end) {
    rows[Objects.checkIndex(piece, count) * ROW + END] = end;
  }

  /** Takes away what lies outside of a range that the first and the last overlap. */
  void clip(long start, long end) {
    if (count > 0) {
      starts[0] = Math.max(starts[0], start);
      cutEnd(count - 1, Math.min(end(count - 1), end));
    }
  }
}
