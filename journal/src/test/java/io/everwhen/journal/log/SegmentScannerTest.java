package io.everwhen.journal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class SegmentScannerTest {

  private static final int BYTES = 5 << 20;
  private static final long LOST = 7;
  private static final SegmentHeader SEGMENT =
      new SegmentHeader(new UUID(1, 2), 1, 0x1234_5678_9abcL, 0);

  private final SplittableRandom random = new SplittableRandom();

  /** A FLUSH made after the lost entry was durable. */
  private static ByteBuffer entry(CRC32C crc) {
    ByteBuffer header = ByteBuffer.allocate(EntryHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    EntryHeader.encode(
        header,
        0,
        crc,
        SEGMENT.salt(),
        LOST + 1,
        1,
        EntryKind.FLUSH,
        false,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        LOST);
    return header;
  }

  @Test
  void anEntryIsFoundWhereverItIsBehindZeros() throws IOException {
    try (StorageFile file = new MemoryStorage(2L * BYTES).create("segment")) {
      for (int i = 0; i < 200; i++) {
        file.setSize(0);
        file.setSize(BYTES);
        long from = random.nextInt(1 << 17) * 8L;
        assertThat(rest(file, from)).isEqualTo(new SegmentScanner.Rest(false, null));
        // Near the windows' ends, or anywhere.
        long at =
            random.nextBoolean()
                ? random.nextLong(from / 8, (BYTES - EntryHeader.BYTES) / 8 + 1) * 8
                : from + random.nextInt(1, 4) * (1L << 20) + random.nextInt(-16, 3) * 8L;
        file.write(at, entry(new CRC32C()));
        assertThat(rest(file, from).proof()).as("%d from %d", at, from).isNotNull();
      }
    }
  }

  private static SegmentScanner.Rest rest(StorageFile file, long from) throws IOException {
    return new SegmentScanner(file, SEGMENT, from, file.size()).inspectRest(LOST);
  }
}
