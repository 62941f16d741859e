package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.SegmentHeader;

/**
 * How a journal uses its volume.
 *
 * @param segmentBytes size of a segment file, 16 KiB to 1 GiB; no entry can be larger
 * @param reserveBytes space on the volume that new segments leave free, so that old ones can still
 *     be folded
 */
public record JournalOptions(long segmentBytes, long reserveBytes) {

  /** 64 MiB segments; as much stays free. */
  public static final JournalOptions DEFAULT = new JournalOptions(64 << 20, 64 << 20);

  private static final long MIN_SEGMENT_BYTES = 16 << 10;
  private static final long MAX_SEGMENT_BYTES = 1 << 30;

  public JournalOptions {
    if (segmentBytes < MIN_SEGMENT_BYTES || segmentBytes > MAX_SEGMENT_BYTES) {
      throw new IllegalArgumentException(
          "a segment has 16 KiB to 1 GiB, not " + segmentBytes + " bytes");
    }
    if (reserveBytes < 0) {
      throw new IllegalArgumentException("the reserve cannot be negative");
    }
  }

  /** The largest payload that fits a segment, with room for a step of the clock beside it. */
  public int maxPayloadBytes() {
    long room = segmentBytes - SegmentHeader.BYTES - 4L * EntryHeader.BYTES;
    return (int) Math.min(EntryHeader.MAX_PAYLOAD_BYTES, room);
  }
}
