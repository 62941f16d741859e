package io.everwhen.journal.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What has room in a baseline already. */
class BaselineFileTest {

  private static final int CHUNKS = 300;
  private static final int DISK_BYTES = CHUNKS * BaselineFile.CHUNK_BYTES + 512;

  private final SplittableRandom random = new SplittableRandom();

  @Test
  void aChunkIsAHoleUntilSomethingOfItIsWritten(@TempDir Path directory) throws IOException {
    for (int i = 0; i < 50; i++) {
      check(DiskStorage.create(directory.resolve("baseline" + i)), 1);
      check(new MemoryStorage(4 << 20), 16);
    }
  }

  /**
   * @param unit in how many chunks together there is data or a hole
   */
  private void check(Storage storage, int unit) throws IOException {
    try (BaselineFile baseline = BaselineFile.create(storage, 0, DISK_BYTES)) {
      BitSet written = write(baseline);
      double asked = random.nextDouble();
      BaselineFile.Holes holes = baseline.holes();
      // Behind the end of the file as well: the disk may have grown since.
      for (int chunk = 0; chunk < CHUNKS + 5; chunk++) {
        int first = chunk / unit * unit;
        boolean data = chunk <= CHUNKS && !written.get(first, first + unit).isEmpty();
        if (random.nextDouble() < asked) {
          assertThat(holes.at(chunk))
              .as("chunk %d of %s, written %s", chunk, storage.describe(), written)
              .isEqualTo(!data);
        }
      }
    }
  }

  /** The last chunk, of a sector, is always data: a file is given its size by a write. */
  private BitSet write(BaselineFile baseline) throws IOException {
    BitSet written = new BitSet();
    written.set(CHUNKS);
    baseline.write(CHUNKS * (long) BaselineFile.CHUNK_BYTES, ByteBuffer.allocate(512));
    double share = random.nextDouble();
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      if (random.nextDouble() < share) {
        boolean whole = random.nextBoolean();
        long start = (long) chunk * BaselineFile.CHUNK_BYTES + (whole ? 0 : 512);
        baseline.write(start, ByteBuffer.allocate(whole ? BaselineFile.CHUNK_BYTES : 512));
        written.set(chunk);
      }
    }
    return written;
  }
}
