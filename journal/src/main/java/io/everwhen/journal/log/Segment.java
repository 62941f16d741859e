package io.everwhen.journal.log;

import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.StorageFile;

/**
 * A segment that is open in the process that writes it: the active one, and those before it from
 * which the image is not filled yet. Entries refer to it by identity.
 */
public final class Segment {

  private final SegmentHeader header;
  private final StorageFile file;
  private final long capacityBytes;
  // Written by the appender under its lock; read by maintenance after the segment was left.
  private volatile long lastSequence;
  private volatile boolean nameDurable;

  /**
   * A segment.
   *
   * @param nameDurable whether its name is on stable storage
   */
  Segment(SegmentHeader header, StorageFile file, long capacityBytes, boolean nameDurable) {
    this.header = header;
    this.file = file;
    this.capacityBytes = capacityBytes;
    this.nameDurable = nameDurable;
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
