package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects the entries of one segment, in order, and makes its {@link SegmentIndex}. One thread.
 */
public final class SegmentIndexBuilder {

  private record ExtentRecord(long key, long sectors, int sequence, boolean zeroes, int place) {}

  private record TimeRecord(long time, int sequence, int place) {}

  private record EventRecord(int sequence, int flags, int place) {}

  private final SegmentHeader segment;
  private final List<ExtentRecord> extents = new ArrayList<>();
  private final List<TimeRecord> times = new ArrayList<>();
  private final List<EventRecord> events = new ArrayList<>();
  private long longestSectors = 1;
  private @Nullable EntryHeader first;
  private @Nullable EntryHeader last;
  private int entries;
  private long dataLength = SegmentHeader.BYTES;

  public SegmentIndexBuilder(SegmentHeader segment) {
    this.segment = segment;
  }

  /**
   * Takes up the next entry.
   *
   * @param position of its header in the segment file
   */
  public void add(EntryHeader entry, long position) {
    EntryHeader begin = first == null ? entry : first;
    first = begin;
    last = entry;
    Origin origin = segment.origin();
    long base = origin == null ? begin.sequence() : origin.firstSequence();
    int sequence = Math.toIntExact(entry.sequence() - base);
    int place = (int) (position / EntryHeader.ALIGNMENT_BYTES);
    if (entries++ % SegmentIndex.ENTRIES_PER_TIME == 0) {
      times.add(new TimeRecord(entry.timeNanos(), sequence, place));
    }
    if (entry.kind().changesContent()) {
      long key =
          (long) entry.disk() << SegmentIndex.KEY_DISK_SHIFT
              | entry.offset() / SegmentIndex.SECTOR_BYTES;
      long sectors = entry.length() / SegmentIndex.SECTOR_BYTES;
      extents.add(new ExtentRecord(key, sectors, sequence, entry.kind().zeroes(), place));
      longestSectors = Math.max(longestSectors, sectors);
    }
    switch (entry.kind()) {
      case MARK, CLOCK -> events.add(new EventRecord(sequence, 0, place));
      case RESIZE -> events.add(new EventRecord(sequence, SegmentIndex.RESIZES, place));
      case REWIND, REWOUND, UNRECORDED, RECORDED ->
          events.add(new EventRecord(sequence, SegmentIndex.REWINDS, place));
      case WRITE, ZERO, UNMAP, FLUSH -> {}
    }
    dataLength = position + entry.storedBytes();
  }

  /** Whether nothing was added yet. */
  public boolean isEmpty() {
    return first == null;
  }

  /** Bytes of the segment file up to the end of the last entry. */
  public long dataLength() {
    return dataLength;
  }

  /** What the last entry knew to be on stable storage when it was made. */
  public long lastKnownDurable() {
    return last == null ? 0 : last.durableSequence();
  }

  /**
   * The index of what was added.
   *
   * @param content SHA-256 of the segment's first {@link #dataLength} bytes; zeros for an index
   *     that stays in memory
   * @param previousSeal of the segment before
   */
  public SegmentIndex build(byte[] content, byte[] previousSeal) {
    Origin origin = segment.origin();
    if (origin == null && (first == null || last == null)) {
      throw new IllegalStateException("a segment without entries has no index");
    }
    extents.sort(
        Comparator.comparing(ExtentRecord::key, Long::compareUnsigned)
            .thenComparingInt(ExtentRecord::sequence));
    int bodyEnd =
        SegmentIndex.HEADER_BYTES
            + extents.size() * SegmentIndex.EXTENT_BYTES
            + times.size() * SegmentIndex.TIME_BYTES
            + events.size() * SegmentIndex.EVENT_BYTES;
    ByteBuffer b =
        ByteBuffer.allocate(bodyEnd + SegmentIndex.TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    SegmentIndex.encodeHeader(
        b,
        segment,
        extents.size(),
        times.size(),
        events.size(),
        first,
        last,
        dataLength,
        longestSectors,
        content,
        previousSeal);
    if (origin != null) {
      SegmentIndex.encodeThinned(b, origin);
    }
    b.position(SegmentIndex.HEADER_BYTES);
    for (ExtentRecord r : extents) {
      b.putLong(r.key)
          .putLong(r.sectors)
          .putInt(r.sequence | (r.zeroes ? SegmentIndex.ZEROES : 0))
          .putInt(r.place);
    }
    for (TimeRecord r : times) {
      b.putLong(r.time).putInt(r.sequence).putInt(r.place);
    }
    for (EventRecord r : events) {
      b.putInt(r.sequence | r.flags).putInt(r.place);
    }
    b.putInt(SegmentIndex.checksum(b, SegmentIndex.HEADER_BYTES, bodyEnd)).clear();
    try {
      return SegmentIndex.decode(b, "the index of segment " + segment.number());
    } catch (FormatException e) {
      throw new IllegalStateException(e);
    }
  }
}
