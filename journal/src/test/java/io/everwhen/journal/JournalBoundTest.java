package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random 4 KiB writes that do not end, beside the thread that keeps a group in order: what the
 * journal takes stays within its size and what a rush may add, all along. Sizes are a 256th of
 * those by default, and of a history of 20 GiB; on the heap, so that syncs, which do not get
 * shorter with them, take no time.
 */
class JournalBoundTest {

  private static final int BLOCK_BYTES = 4096;
  private static final int BLOCKS = (64 << 20) / BLOCK_BYTES;
  private static final long SEGMENT_BYTES = 256 << 10;
  private static final long HISTORY_BYTES = 80 << 20;

  /** What a rush may add, and what may stand beside that in files for the next one. */
  private static final long RUSH_BYTES = HISTORY_BYTES / 8;

  private static final int ENTRIES = (int) (4 * HISTORY_BYTES / BLOCK_BYTES);
  private static final int TOGETHER = 32;
  private static final int LOOK_ENTRIES = 8 * TOGETHER;

  private static final GroupOptions OPTIONS =
      new GroupOptions(
          new JournalOptions(SEGMENT_BYTES, 0),
          HISTORY_BYTES,
          4 << 20,
          8 << 20,
          Duration.ofSeconds(2),
          true);

  /** Every instant for as long as a part of the load takes, and little of what is older. */
  private static final Retention POLICY =
      new Retention(
          Duration.ofMillis(100),
          List.of(new Retention.Tier(Duration.ofMillis(200), Duration.ofMinutes(30))));

  private final SplittableRandom random = new SplittableRandom();
  private long mostBytes;
  private long mostWithSpares;

  @Test
  void holdsUnderALoadWithoutAnEnd() throws Exception {
    load("without an end", null, 0);
  }

  @Test
  void holdsWhereOldInstantsAreNotKept() throws Exception {
    load("with a policy", POLICY, 0);
  }

  @Test
  void holdsUnderALoadInBursts() throws Exception {
    load("in bursts", null, (int) (HISTORY_BYTES / 2 / BLOCK_BYTES));
  }

  /**
   * @param what is printed
   * @param burst after how many entries there is a calm; 0 for never
   */
  private void load(String what, @Nullable Retention policy, int burst) throws Exception {
    MemoryStorage journal = new MemoryStorage(4 * HISTORY_BYTES);
    List<MemoryStorage> homes = List.of(new MemoryStorage(2L * BLOCKS * BLOCK_BYTES));
    Manifest.Disk disk = new Manifest.Disk(0, "disk0", (long) BLOCKS * BLOCK_BYTES, 512);
    SystemClock clock = new SystemClock();
    Group.create(journal, homes, List.of(disk), clock, random.split());
    long start = System.nanoTime();
    try (Group group =
        Group.open(journal, homes, OPTIONS.withRetention(policy), clock, random.split())) {
      ByteBuffer[] blocks = new ByteBuffer[TOGETHER];
      Arrays.setAll(blocks, i -> ByteBuffer.allocateDirect(BLOCK_BYTES));
      for (int i = 1; i <= ENTRIES; i++) {
        long offset = (long) random.nextInt(BLOCKS) * BLOCK_BYTES;
        ByteBuffer block = blocks[i % TOGETHER].clear().putLong(0, i);
        group.change(() -> group.volume(0).write(offset, block));
        if (i % TOGETHER == 0) {
          group.volume(0).settle();
        }
        if (i % LOOK_ENTRIES == 0) {
          look(journal, i);
        }
        if (burst > 0 && i % burst == 0) {
          TimeUnit.NANOSECONDS.sleep(2 * Rush.CALM_NANOS);
        }
      }
      GroupStatus status = group.status();
      assertThat(status.failure()).isNull();
      assertThat(status.horizonSequence()).as("folded up to").isGreaterThan(ENTRIES / 2);
    }
    System.out.printf(
        "JournalBoundTest: %,d entries, %s, in %.1f s; %.3f of the size at most, %.3f with files for the next rush%n",
        ENTRIES,
        what,
        (System.nanoTime() - start) / 1e9,
        (double) mostBytes / HISTORY_BYTES,
        (double) mostWithSpares / HISTORY_BYTES);
  }

  private void look(MemoryStorage journal, int entry) throws IOException {
    long bytes = 0;
    long spares = 0;
    for (String name : journal.list()) {
      try {
        boolean counts =
            FileNames.segmentNumber(name).isPresent()
                || FileNames.thinnedNumber(name).isPresent()
                || FileNames.indexNumber(name).isPresent();
        bytes += counts ? journal.size(name) : 0;
        spares += name.startsWith("spare") ? journal.size(name) : 0;
      } catch (NoSuchFileException _) {
        // Folded or renamed between the two calls.
      }
    }
    mostBytes = Math.max(mostBytes, bytes);
    mostWithSpares = Math.max(mostWithSpares, bytes + spares);
    assertThat(bytes)
        .as("what the journal takes after %d entries", entry)
        .isLessThanOrEqualTo(HISTORY_BYTES + RUSH_BYTES);
    assertThat(bytes + spares)
        .as("the same with files for the next rush")
        .isLessThanOrEqualTo(HISTORY_BYTES + 2 * RUSH_BYTES);
  }
}
