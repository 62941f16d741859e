package io.everwhen.journal.image;

import io.everwhen.journal.log.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which ranges of a disk are newer in the journal than in the image, and where.
 *
 * <p>Disjoint pieces by offset; a newer one replaces what it overlaps. Its size is bounded by the
 * backlog that the group allows. Any thread; each method is short and does no I/O.
 */
final class BlockMap {

  /**
   * A change as the journal holds it.
   *
   * @param segment where its entry is
   * @param place of the entry's header in the segment
   * @param offset of the whole extent on the disk
   * @param zeroes whether it reads as zeros and has no payload
   * @param encoded whether the payload has to be decoded
   */
  record Source(
      long sequence, Segment segment, long place, long offset, boolean zeroes, boolean encoded) {}

  /** A range whose newest content is at a source. */
  record Piece(long start, long end, Source source) {

    /** What of it lies before {@code limit}. */
    Piece upTo(long limit) {
      return end <= limit ? this : new Piece(start, limit, source);
    }
  }

  private final TreeMap<Long, Piece> pieces = new TreeMap<>();

  /** Notes a change that is newer than everything here. */
  synchronized void put(long start, long end, Source source) {
    cut(start, end);
    pieces.put(start, new Piece(start, end, source));
  }

  private void cut(long start, long end) {
    Map.Entry<Long, Piece> before = pieces.lowerEntry(start);
    if (before != null && before.getValue().end > start) {
      Piece p = before.getValue();
      pieces.put(p.start, new Piece(p.start, start, p.source));
      if (p.end > end) {
        pieces.put(end, new Piece(end, p.end, p.source));
        return;
      }
    }
    Map.Entry<Long, Piece> inside = pieces.ceilingEntry(start);
    while (inside != null && inside.getKey() < end) {
      Piece p = inside.getValue();
      pieces.remove(p.start);
      if (p.end > end) {
        pieces.put(end, new Piece(end, p.end, p.source));
        return;
      }
      inside = pieces.ceilingEntry(start);
    }
  }

  /** The pieces that overlap {@code [start, end)}, by offset, clipped to it. */
  synchronized List<Piece> overlapping(long start, long end) {
    if (pieces.isEmpty()) {
      return List.of();
    }
    Map.Entry<Long, Piece> first = pieces.floorEntry(start);
    long from = first != null && first.getValue().end > start ? first.getKey() : start;
    Map.Entry<Long, Piece> next = pieces.ceilingEntry(from);
    if (next == null || next.getKey() >= end) {
      return List.of();
    }
    List<Piece> found = new ArrayList<>();
    for (; next != null && next.getKey() < end; next = pieces.higherEntry(next.getKey())) {
      Piece p = next.getValue();
      found.add(new Piece(Math.max(start, p.start), Math.min(end, p.end), p.source));
    }
    return found;
  }

  /** The first piece that ends after {@code offset}; null if there is none. */
  synchronized @Nullable Piece next(long offset) {
    Map.Entry<Long, Piece> before = pieces.floorEntry(offset);
    if (before != null && before.getValue().end > offset) {
      return before.getValue();
    }
    Map.Entry<Long, Piece> after = pieces.ceilingEntry(offset);
    return after == null ? null : after.getValue();
  }

  /**
   * Some of the pieces from {@code offset} on whose entry is not after {@code sequence}, by offset.
   *
   * @param maxBytes about how many bytes of them
   */
  synchronized List<Piece> upTo(long sequence, long offset, long maxBytes) {
    List<Piece> found = new ArrayList<>();
    long bytes = 0;
    for (Piece p : pieces.tailMap(offset, true).values()) {
      if (p.source.sequence <= sequence) {
        found.add(p);
        bytes += p.source.zeroes ? 0 : p.end - p.start;
        if (bytes >= maxBytes) {
          break;
        }
      }
    }
    return found;
  }

  /** Forgets what is left of a piece: the image holds it now. */
  synchronized void remove(Piece applied) {
    Map.Entry<Long, Piece> next = pieces.ceilingEntry(applied.start);
    while (next != null && next.getKey() < applied.end) {
      if (next.getValue().source.equals(applied.source)) {
        pieces.remove(next.getKey());
      }
      next = pieces.higherEntry(next.getKey());
    }
  }

  synchronized boolean isEmpty() {
    return pieces.isEmpty();
  }
}
