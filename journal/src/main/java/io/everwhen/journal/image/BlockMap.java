package io.everwhen.journal.image;

import io.everwhen.journal.log.Segment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which ranges of a disk are newer in the journal than in the image, and where.
 *
 * <p>Disjoint pieces by offset; a newer one replaces what it overlaps. Its size is bounded by the
 * backlog that the group allows. Any thread; each method is short, or holds the lock for short
 * steps, and does no I/O.
 *
 * <p>The pieces are in leaves of up to {@value #LEAF_PIECES}, which stand in the order of their
 * first pieces, and none is empty. So a change moves a few KiB at most, and allocates nothing but a
 * leaf when one is full.
 */
final class BlockMap {

  static final int LEAF_PIECES = 128;

  /** Neighbours that have no more together become one: a new piece does not part them again. */
  private static final int MERGED_PIECES = LEAF_PIECES * 3 / 4;

  /** How many empty leaves are kept for later. */
  private static final int SPARE_LEAVES = 32;

  /** How many leaves are gone through under one lock. */
  private static final int STEP_LEAVES = 64;

  private static final int LEAST_CAPACITY = 64;
  private static final int LEAST_COST_BYTES = 512;
  private static final long BEHIND_ALL = Long.MAX_VALUE;

  // All is guarded by this. The leaves, and where the first piece of each starts.
  private @Nullable Pieces[] leaves = new Pieces[LEAST_CAPACITY];
  private long[] firsts = new long[LEAST_CAPACITY];
  private int leafCount;
  private final @Nullable Pieces[] spare = new Pieces[SPARE_LEAVES];
  private int spareCount;
  // The newest entry, and where what it changed ends.
  private long newest;
  private long newestEnd;
  // Written under the lock, when it changes; read by anybody.
  private volatile boolean empty = true;

  /**
   * Notes a change that is newer than everything here.
   *
   * @param sequence of the entry that holds it
   * @param segment where that entry is
   * @param place of the entry's header in the segment
   * @param offset of the whole extent on the disk
   * @param zeroes whether it reads as zeros and has no payload
   * @param encoded whether the payload has to be decoded
   */
  synchronized void put(
      long start,
      long end,
      long sequence,
      Segment segment,
      long place,
      long offset,
      boolean zeroes,
      boolean encoded) {
    if (start < 0 || start >= end || offset > start || place < 0) {
      throw new IllegalArgumentException(
          "entry %d at byte %d of a segment, for bytes from %d on, does not hold bytes %d to %d"
              .formatted(sequence, place, offset, start, end));
    }
    if (sequence <= newest) {
      throw new IllegalStateException(
          "entry %d comes to the block map after entry %d".formatted(sequence, newest));
    }
    newest = sequence;
    long packedPlace = Pieces.pack(place, zeroes, encoded);
    if (leafCount == 0) {
      addLeaf(0);
      empty = false;
    }
    int n = leafAt(start);
    Pieces leaf = leaf(n);
    int at = leaf.countBefore(start);
    if (at < leaf.count() && leaf.start(at) == start && leaf.end(at) == end) {
      leaf.set(at, sequence, segment, packedPlace, offset);
    } else {
      if (at > 0 && leaf.end(at - 1) > start) {
        cutOut(n, at - 1, start, end);
        n = leafAt(start);
        at = leaf(n).countBefore(start);
      }
      removeBefore(end, n, at);
      insert(n, at, start, end, sequence, segment, packedPlace, offset);
    }
    newestEnd = end;
  }

  /** Takes a range out of a piece that begins before it and may go on behind it. */
  private void cutOut(int n, int piece, long start, long end) {
    Pieces leaf = leaf(n);
    long pieceEnd = leaf.end(piece);
    leaf.cutEnd(piece, start);
    if (pieceEnd > end) {
      insert(
          n,
          piece + 1,
          end,
          pieceEnd,
          leaf.sequence(piece),
          leaf.segment(piece),
          leaf.packedPlace(piece),
          leaf.offset(piece));
    }
  }

  /** Takes away what lies before {@code end}, from a piece of a leaf on; the leaf stays. */
  private void removeBefore(long end, int n, int piece) {
    leaf(n).removeBefore(end, piece);
    if (n + 1 < leafCount && firsts[n + 1] < end) {
      int last = leafAt(end - 1);
      leaf(last).removeBefore(end, 0);
      if (leaf(last).isEmpty()) {
        unlink(n + 1, last + 1);
      } else {
        firsts[last] = leaf(last).start(0);
        unlink(n + 1, last);
      }
    }
  }

  /** Puts a piece where it belongs in a leaf; a full one is split. */
  private void insert(
      int n,
      int at,
      long start,
      long end,
      long sequence,
      Segment segment,
      long packedPlace,
      long offset) {
    Pieces leaf = leaf(n);
    if (leaf.count() < LEAF_PIECES) {
      leaf.insert(at, start, end, sequence, segment, packedPlace, offset);
      firsts[n] = leaf.start(0);
      return;
    }
    Pieces next = addLeaf(n + 1);
    // What is written one behind the other fills its leaves.
    boolean follows = at == LEAF_PIECES || start == newestEnd;
    int kept = follows && at > LEAF_PIECES / 2 ? at : LEAF_PIECES / 2;
    next.append(leaf, kept, LEAF_PIECES);
    leaf.remove(kept, LEAF_PIECES);
    if (at < LEAF_PIECES / 2) {
      leaf.insert(at, start, end, sequence, segment, packedPlace, offset);
    } else {
      next.insert(at - kept, start, end, sequence, segment, packedPlace, offset);
    }
    firsts[n] = leaf.start(0);
    firsts[n + 1] = next.start(0);
  }

  private Pieces addLeaf(int at) {
    if (leafCount == leaves.length) {
      resize(leafCount * 2);
    }
    System.arraycopy(leaves, at, leaves, at + 1, leafCount - at);
    System.arraycopy(firsts, at, firsts, at + 1, leafCount - at);
    leafCount++;
    Pieces leaf = takeSpare();
    leaves[at] = leaf;
    return leaf;
  }

  private Pieces takeSpare() {
    if (spareCount == 0) {
      return new Pieces(LEAF_PIECES);
    }
    Pieces leaf = Objects.requireNonNull(spare[--spareCount]);
    spare[spareCount] = null;
    return leaf;
  }

  /** Gives up leaves that have nothing left that counts. */
  private void unlink(int from, int behind) {
    for (int n = from; n < behind; n++) {
      if (spareCount < SPARE_LEAVES) {
        leaf(n).clear();
        spare[spareCount++] = leaf(n);
      }
    }
    System.arraycopy(leaves, behind, leaves, from, leafCount - behind);
    System.arraycopy(firsts, behind, firsts, from, leafCount - behind);
    int left = leafCount - (behind - from);
    Arrays.fill(leaves, left, leafCount, null);
    leafCount = left;
    if (left < leaves.length / 4 && leaves.length > LEAST_CAPACITY) {
      resize(Math.max(left * 2, LEAST_CAPACITY));
    }
  }

  private void resize(int capacity) {
    leaves = Arrays.copyOf(leaves, capacity);
    firsts = Arrays.copyOf(firsts, capacity);
  }

  private Pieces leaf(int n) {
    return Objects.requireNonNull(leaves[n]);
  }

  /** The last leaf that begins at {@code offset} or before it; the first when there is none. */
  private int leafAt(long offset) {
    int low = 1;
    int high = leafCount;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (firsts[middle] <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** Finds the pieces that overlap {@code [start, end)}, by offset, clipped to it. */
  synchronized void overlapping(long start, long end, Pieces found) {
    found.clear();
    if (leafCount == 0 || start >= end) {
      return;
    }
    int n = leafAt(start);
    int from = leaf(n).firstBehind(start);
    for (; n < leafCount && firsts[n] < end; n++) {
      Pieces leaf = leaf(n);
      int behind = from;
      while (behind < leaf.count() && leaf.start(behind) < end) {
        behind++;
      }
      found.append(leaf, from, behind);
      from = 0;
    }
    found.clip(start, end);
  }

  /** Finds the first piece that ends after {@code offset}, if there is one. */
  synchronized void next(long offset, Pieces found) {
    found.clear();
    if (leafCount == 0) {
      return;
    }
    int n = leafAt(offset);
    int at = leaf(n).firstBehind(offset);
    if (at < leaf(n).count()) {
      found.append(leaf(n), at, at + 1);
    } else if (n + 1 < leafCount) {
      found.append(leaf(n + 1), 0, 1);
    }
  }

  /**
   * Finds some of the pieces from {@code offset} on whose entry is not after {@code sequence}, by
   * offset; none only when there is none.
   *
   * @param maxBytes about how many bytes of them; what is small, or zeros, counts as a sector
   */
  void upTo(long sequence, long offset, long maxBytes, Pieces found) {
    found.clear();
    long bytes = 0;
    for (long from = offset; bytes < maxBytes && from < BEHIND_ALL; ) {
      int known = found.count();
      from = addUpTo(sequence, from, maxBytes - bytes, found);
      for (int i = known; i < found.count(); i++) {
        bytes += cost(found, i);
      }
    }
  }

  /** The same for a few leaves; returns where to go on. */
  private synchronized long addUpTo(long sequence, long offset, long maxBytes, Pieces found) {
    int n = leafAt(offset);
    int behind = Math.min(leafCount, n + STEP_LEAVES);
    long bytes = 0;
    int at = n < behind ? leaf(n).countBefore(offset) : 0;
    for (; n < behind && bytes < maxBytes; n++) {
      Pieces leaf = leaf(n);
      for (; at < leaf.count() && bytes < maxBytes; at++) {
        if (leaf.sequence(at) <= sequence) {
          found.append(leaf, at, at + 1);
          bytes += cost(leaf, at);
        }
      }
      at = 0;
    }
    return behind < leafCount ? firsts[behind] : BEHIND_ALL;
  }

  private static long cost(Pieces pieces, int piece) {
    return Math.max(
        LEAST_COST_BYTES, pieces.zeroes(piece) ? 0 : pieces.end(piece) - pieces.start(piece));
  }

  /**
   * Forgets all pieces whose entry is not after {@code sequence}, because the image holds them; no
   * such entry may come later. What is left is moved together.
   */
  void forgetUpTo(long sequence) {
    for (long from = 0; from < BEHIND_ALL; ) {
      from = forgetSome(sequence, from);
    }
  }

  /** The same for a few leaves; returns where to go on. */
  private synchronized long forgetSome(long sequence, long offset) {
    newest = Math.max(newest, sequence);
    int first = leafAt(offset);
    int behind = Math.min(leafCount, first + STEP_LEAVES);
    long next = behind < leafCount ? firsts[behind] : BEHIND_ALL;
    int kept = first;
    for (int n = first; n < behind; n++) {
      Pieces leaf = leaf(n);
      leaf.removeUpTo(sequence);
      if (kept > 0 && leaf(kept - 1).count() + leaf.count() <= MERGED_PIECES) {
        leaf(kept - 1).append(leaf, 0, leaf.count());
      } else if (!leaf.isEmpty()) {
        leaves[n] = leaves[kept];
        leaves[kept] = leaf;
        firsts[kept] = leaf.start(0);
        kept++;
      }
    }
    unlink(kept, behind);
    empty = leafCount == 0;
    return next;
  }

  /**
   * Whether there is nothing. Does not take the lock: it is false from before a {@link #put} has
   * returned until the image holds what was put.
   */
  boolean isEmpty() {
    return empty;
  }

  /** For how many pieces there is memory. */
  synchronized int capacity() {
    return (leafCount + spareCount) * LEAF_PIECES;
  }
}
