package io.everwhen.journal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.PacedFile;
import io.everwhen.journal.io.PageBuffers;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class SegmentScannerTest {

  private static final int BYTES = 5 << 20;
  private static final long LOST = 7;
  private static final int PAGE = PageBuffers.PAGE_BYTES;
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
                : windowEnd(from, random.nextInt(1, 9)) + random.nextInt(-16, 3) * 8L;
        file.write(at, entry(new CRC32C()));
        assertThat(rest(file, from).proof()).as("%d from %d", at, from).isNotNull();
      }
    }
  }

  /** Each window begins with the page in which the one before had no room for a header. */
  private static long windowEnd(long from, int windows) {
    return from / PAGE * PAGE + PAGE + (long) windows * (SegmentScanner.WINDOW_BYTES - PAGE);
  }

  private static SegmentScanner.Rest rest(StorageFile file, long from) throws IOException {
    return new SegmentScanner(file, SEGMENT, from, file.size()).inspectRest(LOST);
  }

  @Test
  void everyByteIsReadOnceWhateverTheSizesOfEntriesAndHashedAsFarAsTheyAreValid()
      throws IOException {
    ByteBuffer window = SegmentScanner.window(BYTES);
    for (int i = 0; i < 40; i++) {
      try (StorageFile file = new MemoryStorage(2L * BYTES).create("segment")) {
        int largest = random.nextInt(1, 4 * SegmentScanner.WINDOW_BYTES);
        List<Long> places = fill(file, largest);
        assertHashed(file, places, places.size() - 1, window);
        int damaged = random.nextInt(places.size() - 1);
        long at = places.get(damaged) + random.nextInt(8);
        ByteBuffer one = ByteBuffer.allocate(1);
        file.readFully(at, one);
        file.write(at, one.put(0, (byte) ~one.get(0)).flip());
        assertHashed(file, places, damaged, window);
      }
    }
  }

  /** Fills a file with a header and entries; where each begins, and where the last ends. */
  private List<Long> fill(StorageFile file, int largest) throws IOException {
    CRC32C crc = new CRC32C();
    List<Long> places = new ArrayList<>();
    file.write(0, SEGMENT.encode());
    long at = SegmentHeader.BYTES;
    for (long sequence = 1; ; sequence++) {
      places.add(at);
      byte[] payload = new byte[random.nextInt(largest)];
      long stored = EntryHeader.storedBytes(payload.length);
      if (at + stored > BYTES) {
        return places;
      }
      random.nextBytes(payload);
      file.write(at, entry(crc, sequence, payload));
      at += stored;
    }
  }

  private static ByteBuffer entry(CRC32C crc, long sequence, byte[] payload) {
    crc.reset();
    crc.update(payload);
    int checksum = (int) crc.getValue();
    ByteBuffer stored =
        ByteBuffer.allocate((int) EntryHeader.storedBytes(payload.length))
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(EntryHeader.BYTES, payload);
    EntryHeader.encode(
        stored,
        0,
        crc,
        SEGMENT.salt(),
        sequence,
        sequence,
        EntryKind.WRITE,
        false,
        0,
        0,
        0,
        payload.length,
        payload.length,
        checksum,
        0,
        0);
    return stored;
  }

  private static void assertHashed(
      StorageFile file, List<Long> places, int valid, ByteBuffer window) throws IOException {
    long[] read = new long[1];
    StorageFile counted = new PacedFile(file, bytes -> read[0] += bytes);
    SegmentScanner scanner = SegmentScanner.hashing(counted, SEGMENT, file.size(), window);
    for (int i = 0; i < valid; i++) {
      assertThat(scanner.advance()).isTrue();
      assertThat(scanner.position()).isEqualTo(places.get(i));
      assertThat(scanner.entry().sequence()).isEqualTo(i + 1);
      assertThat(scanner.stored()).isEqualTo(content(file, places.get(i), places.get(i + 1)));
    }
    assertThat(scanner.advance()).isFalse();
    assertThat(scanner.nextPosition()).isEqualTo(places.get(valid));
    MessageDigest digest = SegmentIndex.sha256();
    digest.update(content(file, 0, places.get(valid)));
    assertThat(scanner.contentHash()).isEqualTo(digest.digest());
    assertThat(read[0]).isBetween(places.get(valid), file.size());
  }

  private static ByteBuffer content(StorageFile file, long from, long to) throws IOException {
    ByteBuffer content = ByteBuffer.allocate((int) (to - from));
    file.readFully(from, content);
    return content.flip();
  }
}
