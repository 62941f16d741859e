package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What remembering costs: bytes in the journal for each byte written. */
class JournalCostTest {

  private static final int BLOCK_BYTES = 4096;
  private static final int BLOCKS = 1 << 14;
  private static final int WRITES = 5000;
  private static final double COST_MAX = 1.03;

  private static final List<Manifest.Disk> DISKS =
      List.of(new Manifest.Disk(0, "disk0", (long) BLOCKS * BLOCK_BYTES, BLOCK_BYTES));

  @Test
  void randomWritesOf4KiBCostThreePercentAtMostIndexIncluded(@TempDir Path directory)
      throws IOException {
    Storage journal = DiskStorage.create(directory.resolve("journal"));
    List<Storage> homes = List.of(DiskStorage.create(directory.resolve("disk0")));
    SplittableRandom random = new SplittableRandom();
    GroupOptions options = GroupOptions.DEFAULT.withJournal(new JournalOptions(8 << 20, 0));
    Group.create(journal, homes, DISKS, new SystemClock(), random.split());
    try (Group group = Group.open(journal, homes, options, new SystemClock(), random.split())) {
      ByteBuffer data = ByteBuffer.allocateDirect(BLOCK_BYTES);
      for (int i = 0; i < WRITES; i++) {
        long block = random.nextInt(BLOCKS);
        group.change(() -> group.volume(0).write(block * BLOCK_BYTES, data.clear()));
        group.volume(0).settle();
      }
      group.volume(0).flush();
    }
    JournalFiles files = new JournalFiles(journal);
    Manifest manifest = files.readManifest();
    long bytes = 0;
    for (long number : files.indexNumbers()) {
      bytes += files.readIndex(manifest, number).dataLength();
      bytes += journal.size(FileNames.index(number));
    }
    assertThat((double) bytes / ((long) WRITES * BLOCK_BYTES)).isBetween(1.0, COST_MAX);
  }
}
