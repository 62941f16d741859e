package io.everwhen.journal.log;

import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.PageBuffers;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.io.Zeros;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A segment that is open in the process that writes it: the active one, and those before it from
 * which the image is not filled yet. Entries refer to it by identity.
 */
public final class Segment {

  private static final long OVERWRITTEN_AT_ONCE = 1 << 20;

  private final SegmentHeader header;
  private final StorageFile file;
  private final long capacityBytes;
  // Written by the appender under its lock; read by maintenance after the segment was left.
  private volatile long lastSequence;
  private volatile boolean nameDurable;
  // Of whoever may write to it, as is writing.
  private long overwrittenFrom;

  /**
   * A segment.
   *
   * @param nameDurable whether its name is on stable storage
   * @param overwritten whether all of its file was written before, or it was only allocated
   */
  Segment(
      SegmentHeader header,
      StorageFile file,
      long capacityBytes,
      boolean nameDurable,
      boolean overwritten) {
    this.header = header;
    this.file = file;
    this.capacityBytes = capacityBytes;
    this.nameDurable = nameDurable;
    this.overwrittenFrom = overwritten ? 0 : capacityBytes;
  }

  /**
   * Whether everything from {@code place} on was written before, so that a sync of what is written
   * there writes no metadata.
   */
  boolean isOverwritten(long place) {
    return overwrittenFrom <= nextPage(place);
  }

  /**
   * Writes zeros over some of what was never written, the last first. Where that fails, such as for
   * want of room on a file system that needs some although it was allocated, the rest stays as it
   * is: nothing is lost, and whether an entry can be written there turns out when one is.
   */
  void overwriteSome(long place) {
    long from = Math.max(nextPage(place), overwrittenFrom - OVERWRITTEN_AT_ONCE);
    try {
      for (long at = from; at < overwrittenFrom; ) {
        ByteBuffer zeros = Zeros.some(overwrittenFrom - at);
        file.write(at, zeros);
        at += zeros.limit();
      }
      overwrittenFrom = from;
    } catch (IOException _) {
      overwrittenFrom = 0;
    }
  }

  /** The page in which the last entry ends was written to its end. */
  private static long nextPage(long place) {
    return place + (-place & (PageBuffers.PAGE_BYTES - 1));
  }

  public long number() {
    return header.number();
  }

  public SegmentHeader header() {
    return header;
  }

  public StorageFile file() {
    return file;
  }

  long capacityBytes() {
    return capacityBytes;
  }

  /** Whether its name is on stable storage; before that, none of its entries is. */
  boolean nameIsDurable() {
    return nameDurable;
  }

  /** To be called after the directory was synced. */
  void setNameDurable() {
    nameDurable = true;
  }

  long lastSequence() {
    return lastSequence;
  }

  void lastSequence(long sequence) {
    lastSequence = sequence;
  }
}
