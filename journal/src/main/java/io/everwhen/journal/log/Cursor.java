package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A walk through the entries of one segment, each checked. One thread. */
public final class Cursor implements Closeable {

  private final SegmentScanner scanner;

  /**
   * A cursor before the entry at {@code place}.
   *
   * @param limit the end of the segment's entries
   */
  public Cursor(JournalFiles.OpenSegment segment, long place, long limit) {
    this.scanner = new SegmentScanner(segment.file(), segment.header(), place, limit);
  }

  /** Moves to the next entry; false when there is no valid one. */
  public boolean advance() throws IOException {
    return scanner.advance();
  }

  public EntryHeader entry() {
    return scanner.entry();
  }

  /** Where the entry begins in the segment. */
  public long place() {
    return scanner.position();
  }

  /** Where the entry ends, and the next one begins. */
  public long end() {
    return scanner.nextPosition();
  }

  /** The entry's payload as it is stored; valid until the next {@link #advance}. */
  public ByteBuffer payload() {
    return scanner.payload();
  }

  @Override
  public void close() {}
}
