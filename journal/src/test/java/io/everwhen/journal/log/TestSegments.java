package io.everwhen.journal.log;

import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.MemoryStorage;
import java.io.IOException;
import java.util.UUID;

/** Segments for tests that need one and do not look into it. */
public final class TestSegments {

  private TestSegments() {}

  public static Segment empty() throws IOException {
    return new Segment(
        new SegmentHeader(new UUID(1, 2), 1, 3, 4),
        new MemoryStorage(1 << 20).create("segment"),
        1 << 16,
        true,
        true);
  }
}
