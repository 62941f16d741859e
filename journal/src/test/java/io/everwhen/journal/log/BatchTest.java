package io.everwhen.journal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.PageBuffers;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchTest {

  private static final int SEGMENT_BYTES = 4 << 20;
  private static final int PAYLOAD_BYTES = 4096;
  private static final int PAGE_BYTES = PageBuffers.PAGE_BYTES;
  private static final Path IO = Path.of("/proc/thread-self/io");

  @TempDir private Path directory;

  /** Where the file system has no medium, nothing is read either way. */
  @Test
  void aFileThatIsUsedAgainIsNotReadToBeWritten() throws IOException {
    assumeTrue(Files.isReadable(IO), "needs " + IO);
    try (StorageFile file = usedFile()) {
      Segment segment = segment(file, SEGMENT_BYTES);
      long before = readBytes();
      long place = SegmentHeader.BYTES;
      for (int i = 0; i < 200; i++) {
        place = write(segment, place);
      }
      assertThat(readBytes() - before).as("200 writes").isLessThan(16 * PAGE_BYTES);
    }
  }

  @Test
  void whatIsBehindAnEntryInItsPageIsZeroAndTheRestAsItWas() throws IOException {
    try (StorageFile file = usedFile()) {
      long end = write(segment(file, SEGMENT_BYTES), SegmentHeader.BYTES);
      int page = (int) ((end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
      assertThat(read(file, end, page)).containsOnly(0);
      assertThat(read(file, page, page + PAGE_BYTES)).containsOnly(7);
    }
  }

  @Test
  void nothingIsWrittenBehindTheSegment() throws IOException {
    try (StorageFile file = usedFile()) {
      int capacity = SegmentHeader.BYTES + (int) EntryHeader.storedBytes(PAYLOAD_BYTES) + 64;
      long end = write(segment(file, capacity), SegmentHeader.BYTES);
      assertThat(read(file, end, capacity)).containsOnly(0);
      assertThat(read(file, capacity, capacity + 512)).containsOnly(7);
    }
  }

  /** One that was written, and is not in memory any more. */
  private StorageFile usedFile() throws IOException {
    StorageFile file = DiskStorage.create(directory).create("segment");
    byte[] used = new byte[SEGMENT_BYTES];
    Arrays.fill(used, (byte) 7);
    file.write(0, ByteBuffer.wrap(used));
    file.sync();
    file.forgetCached();
    return file;
  }

  private static Segment segment(StorageFile file, int capacity) {
    return new Segment(new SegmentHeader(new UUID(1, 2), 1, 3, 4), file, capacity, true, true);
  }

  /** Writes one entry; returns where it ends. */
  private static long write(Segment segment, long place) throws IOException {
    Batch batch = new Batch();
    batch.add(
        EntryKind.WRITE,
        0,
        0,
        0,
        PAYLOAD_BYTES,
        ByteBuffer.allocateDirect(PAYLOAD_BYTES),
        1,
        place);
    batch.writeTo(segment);
    return place + EntryHeader.storedBytes(PAYLOAD_BYTES);
  }

  private static byte[] read(StorageFile file, long from, long end) throws IOException {
    ByteBuffer found = ByteBuffer.allocate((int) (end - from));
    file.readFully(from, found);
    return found.array();
  }

  private static long readBytes() throws IOException {
    return Files.readAllLines(IO).stream()
        .filter(line -> line.startsWith("read_bytes: "))
        .mapToLong(line -> Long.parseLong(line.substring("read_bytes: ".length())))
        .findFirst()
        .orElseThrow();
  }
}
