package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks through the entries of a segment as long as each follows from the one before: sequence,
 * chain and time.
 */
final class TailWalk {

  private final SegmentScanner scanner;
  private long sequence;
  private int chain;
  private long timeNanos = Long.MIN_VALUE;
  private long lastComplete;

  TailWalk(SegmentHeader header, StorageFile file, long lastSequence, int lastChecksum)
      throws IOException {
    this(
        new SegmentScanner(file, header, SegmentHeader.BYTES, file.size()),
        lastSequence,
        lastChecksum);
  }

  private TailWalk(SegmentScanner scanner, long lastSequence, int lastChecksum) {
    this.scanner = scanner;
    this.sequence = lastSequence;
    this.chain = lastChecksum;
    this.lastComplete = lastSequence;
  }

  /**
   * A walk that also hashes.
   *
   * @param window see {@link SegmentScanner#hashing}
   */
  static TailWalk hashing(
      SegmentHeader header,
      StorageFile file,
      long lastSequence,
      int lastChecksum,
      ByteBuffer window)
      throws IOException {
    return new TailWalk(
        SegmentScanner.hashing(file, header, file.size(), window), lastSequence, lastChecksum);
  }

  boolean advance() throws IOException {
    if (!scanner.advance()) {
      return false;
    }
    EntryHeader entry = scanner.entry();
    if (entry.sequence() != sequence + 1
        || entry.chain() != chain
        || entry.timeNanos() <= timeNanos) {
      return false;
    }
    sequence = entry.sequence();
    chain = entry.checksum();
    timeNanos = entry.timeNanos();
    if (!entry.continues()) {
      lastComplete = sequence;
    }
    return true;
  }

  EntryHeader entry() {
    return scanner.entry();
  }

  ByteBuffer payload() {
    return scanner.payload();
  }

  long position() {
    return scanner.position();
  }

  /** See {@link SegmentScanner#contentHash}; only while {@link #advance} was never false. */
  byte[] contentHash() {
    return scanner.contentHash();
  }

  /** The last entry that is not followed by a missing part of the same change. */
  long lastComplete() {
    return lastComplete;
  }

  boolean endsInsideRun() {
    return lastComplete != sequence;
  }
}
