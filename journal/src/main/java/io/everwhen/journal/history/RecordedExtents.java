package io.everwhen.journal.history;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The extents that the entries of a range have recorded on a disk, in the order of their place on
 * it: the segments' indexes, merged. Reads nothing but indexes, and holds one record of each
 * segment.
 *
 * <p>Where history was thinned, some entries are gone; but whatever differs between two instants
 * that were kept was recorded by one that is there. One thread, as long as the history is open.
 */
public final class RecordedExtents {

  private final History history;
  private final PriorityQueue<Walk> walks =
      new PriorityQueue<>(
          Comparator.<Walk>comparingLong(w -> w.offset).thenComparingLong(w -> w.sequence));
  private @Nullable Walk current;

  /**
   * The extents on the whole disk.
   *
   * @param after the last entry that does not count
   * @param upTo the last entry that counts
   */
  public RecordedExtents(History history, Manifest.Disk disk, long after, long upTo)
      throws IOException {
    this(history, disk, after, upTo, 0, Long.MAX_VALUE);
  }

  /**
   * The extents that overlap a range of the disk.
   *
   * @param after the last entry that does not count
   * @param upTo the last entry that counts
   * @param from the first byte of the range
   * @param end one past its last byte
   */
  public RecordedExtents(
      History history, Manifest.Disk disk, long after, long upTo, long from, long end)
      throws IOException {
    this(history, history.segments(), disk, after, upTo, from, end);
  }

  private RecordedExtents(
      History history,
      List<HistorySegment> segments,
      Manifest.Disk disk,
      long after,
      long upTo,
      long from,
      long end)
      throws IOException {
    this.history = history;
    try {
      for (HistorySegment segment : segments) {
        SegmentIndex index = segment.index();
        if (index.lastSequence() > after && index.firstSequence() <= upTo) {
          add(new Walk(segment, disk.number(), after, upTo, from, end));
        }
      }
    } catch (InternalError e) {
      throw history.unreadable(e);
    }
  }

  /**
   * An extent that was recorded.
   *
   * @param offset where it begins on the disk, in bytes
   * @param end one past its last byte
   * @param entry that recorded it
   */
  public record Extent(long offset, long end, EntryPlace entry) {}

  /** Receives extents. */
  @FunctionalInterface
  public interface Visitor {
    void visit(Extent extent) throws IOException;
  }

  /**
   * Visits the extents that overlap a range of the disk in the order in which they were recorded.
   * Holds those of one segment at a time.
   *
   * @param after the last entry that does not count
   * @param upTo the last entry that counts
   * @param from the first byte of the range
   * @param end one past its last byte
   */
  public static void visitInTime(
      History history,
      Manifest.Disk disk,
      long after,
      long upTo,
      long from,
      long end,
      Visitor visitor)
      throws IOException {
    for (HistorySegment segment : history.segments()) {
      RecordedExtents extents =
          new RecordedExtents(history, List.of(segment), disk, after, upTo, from, end);
      List<Extent> found = new ArrayList<>();
      while (extents.advance()) {
        found.add(new Extent(extents.offset(), extents.end(), extents.entry()));
      }
      found.sort(Comparator.comparingLong(extent -> extent.entry().sequence()));
      for (Extent extent : found) {
        visitor.visit(extent);
      }
    }
  }

  /**
   * The entries of one segment that recorded anything on a disk, ascending, each once.
   *
   * @param after the last entry that does not count
   * @param upTo the last entry that counts
   */
  public static long[] sequencesIn(
      History history, HistorySegment segment, Manifest.Disk disk, long after, long upTo)
      throws IOException {
    LongStream.Builder sequences = LongStream.builder();
    RecordedExtents extents =
        new RecordedExtents(history, List.of(segment), disk, after, upTo, 0, Long.MAX_VALUE);
    while (extents.advance()) {
      sequences.add(extents.entry().sequence());
    }
    return sequences.build().sorted().distinct().toArray();
  }

  private void add(Walk walk) {
    if (walk.advance()) {
      walks.add(walk);
    }
  }

  /** Moves to the next extent; false when there is none. */
  public boolean advance() throws IOException {
    try {
      if (current != null) {
        add(current);
      }
    } catch (InternalError e) {
      throw history.unreadable(e);
    }
    current = walks.poll();
    return current != null;
  }

  private Walk current() {
    Walk walk = current;
    if (walk == null) {
      throw new IllegalStateException("there is no extent here");
    }
    return walk;
  }

  /** Where the extent begins on the disk, in bytes. */
  public long offset() {
    return current().offset;
  }

  /** One past its last byte. */
  public long end() {
    return current().end;
  }

  /** The entry that recorded it. */
  public EntryPlace entry() {
    return current().entry();
  }

  /** A walk through one index. */
  private static final class Walk {
    private final HistorySegment segment;
    private final SegmentIndex index;
    private final int disk;
    private final long after;
    private final long upTo;
    private final long rangeFrom;
    private final long rangeEnd;
    private int next;
    private long offset;
    private long end;
    private long sequence;

    Walk(HistorySegment segment, int disk, long after, long upTo, long from, long end) {
      this.segment = segment;
      this.index = segment.index();
      this.disk = disk;
      this.after = after;
      this.upTo = upTo;
      this.rangeFrom = from;
      this.rangeEnd = end;
      this.next = index.firstExtentReaching(disk, from);
    }

    boolean advance() {
      for (; next < index.extents() && index.extentDisk(next) == disk; next++) {
        offset = index.extentOffset(next);
        if (offset >= rangeEnd) {
          return false;
        }
        sequence = index.extentSequence(next);
        end = offset + index.extentLength(next);
        if (sequence > after && sequence <= upTo && end > rangeFrom) {
          next++;
          return true;
        }
      }
      return false;
    }

    EntryPlace entry() {
      return new EntryPlace(segment, index.extentPlace(next - 1), sequence);
    }
  }
}
