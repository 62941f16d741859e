package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.image.Run;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Which ranges of a volume hold data: from the journal, from the image, and over both. */
class VolumeRunTest {

  /** What the storage in memory allocates at once. */
  private static final int PAGE_BYTES = 64 << 10;

  private static final int PAGES = 256;
  private static final long SEED = Long.getLong("everwhen.seed", 1);

  private static final GroupOptions OPTIONS =
      new GroupOptions(
          new JournalOptions(1 << 20, 0), 64 << 20, 1 << 20, 4 << 20, Duration.ofMinutes(1), true);

  /** The pages that hold data, and so does the volume say. */
  private final BitSet data = new BitSet();

  @Test
  void aVolumeKnowsWhereItHoldsDataBeforeAndAfterItsApplication() throws IOException {
    Storage journal = new MemoryStorage(256 << 20);
    List<Storage> homes = List.of(new MemoryStorage(256 << 20));
    List<Manifest.Disk> disks =
        List.of(new Manifest.Disk(0, "disk0", (long) PAGES * PAGE_BYTES, 512));
    SplittableRandom random = new SplittableRandom(SEED);
    Group.create(journal, homes, disks, new SystemClock(), random.split());
    try (Group group = Group.open(journal, homes, OPTIONS, new SystemClock(), random.split())) {
      Volume volume = group.volume(0);
      check(volume);
      for (int round = 0; round < 200; round++) {
        int first = random.nextInt(PAGES);
        int count = random.nextInt(1, Math.min(8, PAGES - first) + 1);
        boolean writes = random.nextInt(3) > 0;
        if (writes) {
          group.change(() ->
              volume.write((long) first * PAGE_BYTES, ByteBuffer.allocate(count * PAGE_BYTES)));
        } else {
          long[] offsets = {(long) first * PAGE_BYTES};
          long[] lengths = {(long) count * PAGE_BYTES};
          group.change(() -> volume.zero(offsets, lengths, true));
        }
        data.set(first, first + count, writes);
        volume.settle();
        check(volume);
        if (random.nextInt(10) == 0) {
          volume.flush();
          group.maintain();
          check(volume);
        }
      }
    }
  }

  private void check(Volume volume) throws IOException {
    int page = 0;
    while (page < PAGES) {
      Run run = volume.run((long) page * PAGE_BYTES);
      assertThat(run.length() % PAGE_BYTES).isZero();
      int end = page + (int) (run.length() / PAGE_BYTES);
      assertThat(end).isBetween(page + 1, PAGES);
      for (; page < end; page++) {
        assertThat(run.mapped()).as("page %d, seed %d", page, SEED).isEqualTo(data.get(page));
      }
    }
  }
}
