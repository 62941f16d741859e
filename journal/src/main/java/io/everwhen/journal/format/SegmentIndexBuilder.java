package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects the entries of one segment, in order, and makes its {@link SegmentIndex}. One thread.
 */
public final class SegmentIndexBuilder {

  private record TimeRecord(long time, int sequence, int place) {}

  private record EventRecord(int sequence, int flags, int place) {}

  private static final int FEWEST_EXTENTS = 64;

  private final SegmentHeader segment;
  // The extent records, column by column, as they were added.
  private long[] keys = new long[FEWEST_EXTENTS];
  private long[] sectors = new long[FEWEST_EXTENTS];
  private int[] sequences = new int[FEWEST_EXTENTS];
  private int[] places = new int[FEWEST_EXTENTS];
  private int extents;
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
      int zeroes = entry.kind().zeroes() ? SegmentIndex.ZEROES : 0;
      addExtent(key, entry.length() / SegmentIndex.SECTOR_BYTES, sequence | zeroes, place);
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

  private void addExtent(long key, long length, int sequence, int place) {
    if (extents == keys.length) {
      keys = Arrays.copyOf(keys, 2 * extents);
      sectors = Arrays.copyOf(sectors, 2 * extents);
      sequences = Arrays.copyOf(sequences, 2 * extents);
      places = Arrays.copyOf(places, 2 * extents);
    }
    keys[extents] = key;
    sectors[extents] = length;
    sequences[extents] = sequence;
    places[extents++] = place;
    longestSectors = Math.max(longestSectors, length);
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
    int bodyEnd =
        SegmentIndex.HEADER_BYTES
            + extents * SegmentIndex.EXTENT_BYTES
            + times.size() * SegmentIndex.TIME_BYTES
            + events.size() * SegmentIndex.EVENT_BYTES;
    ByteBuffer b =
        ByteBuffer.allocate(bodyEnd + SegmentIndex.TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    SegmentIndex.encodeHeader(
        b,
        segment,
        extents,
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
    for (int i : byKey()) {
      b.putLong(keys[i]).putLong(sectors[i]).putInt(sequences[i]).putInt(places[i]);
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

  /**
   * The extents ordered by key, unsigned; those of the same key as they were added, which is by
   * sequence. A radix sort, byte by byte from the lowest: each pass keeps the order of the one
   * before where its own byte does not decide.
   */
  private int[] byKey() {
    int[] order = new int[extents];
    long differing = 0;
    for (int i = 0; i < extents; i++) {
      order[i] = i;
      differing |= keys[i] ^ keys[0];
    }
    int[] sorted = new int[extents];
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      if ((differing >>> shift & 0xFF) != 0) {
        sortByByte(shift, order, sorted);
        int[] before = order;
        order = sorted;
        sorted = before;
      }
    }
    return order;
  }

  private void sortByByte(int shift, int[] order, int[] sorted) {
    int[] begins = new int[257];
    for (int i : order) {
      begins[(int) (keys[i] >>> shift & 0xFF) + 1]++;
    }
    for (int value = 0; value < 256; value++) {
      begins[value + 1] += begins[value];
    }
    for (int i : order) {
      sorted[begins[(int) (keys[i] >>> shift & 0xFF)]++] = i;
    }
  }
}
