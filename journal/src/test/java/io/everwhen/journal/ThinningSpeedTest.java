package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.JournalOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What becomes of the writes to a disk while its old history is thinned: their speed, beside the
 * same writes to the same disk when that is done. Prints it; how fast is no matter here.
 *
 * <p>{@code -Deverwhen.thinning.rounds=N} makes more rounds.
 */
class ThinningSpeedTest {

  private static final int ROUNDS = Integer.getInteger("everwhen.thinning.rounds", 0);
  private static final int BLOCK = 4096;
  private static final long BLOCKS = (32 << 20) / BLOCK;

  /** Old history: as many times as many writes, with some hours in between. */
  private static final int OLD_TIMES = 64;

  private static final int OLD_WRITES = 500;
  private static final Duration OLD_STEP = Duration.ofHours(2);

  /** Writes that are timed together, and settled together. */
  private static final int WINDOW = 2048;

  private static final int TOGETHER = 32;

  private static final int WINDOWS_ALONE = 60;
  private static final long DONE_NANOS = 8_000_000_000L;

  @TempDir private Path directory;

  /** The system's clocks, ahead by what they are told. */
  private static final class AheadClock implements Clock {
    private final AtomicLong ahead = new AtomicLong();

    @Override
    public long wallNanos() {
      return System.currentTimeMillis() * 1_000_000 + ahead.get();
    }

    @Override
    public long monotonicNanos() {
      return System.nanoTime();
    }
  }

  @Test
  void writesGoOnWhileOldHistoryIsThinned() throws IOException {
    assumeTrue(ROUNDS > 0, "it is measured with -Deverwhen.thinning.rounds");
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      ratios.add(round(directory.resolve("round-" + round)));
    }
    ratios.sort(null);
    System.out.printf(
        "while old history is thinned, writes have %.2f of their speed (%s)%n",
        ratios.get(ratios.size() / 2), ratios);
  }

  private static double round(Path home) throws IOException {
    SplittableRandom random = new SplittableRandom(home.toString().hashCode());
    AheadClock clock = new AheadClock();
    DiskStorage journal = DiskStorage.create(home.resolve("journal"));
    List<DiskStorage> homes = List.of(DiskStorage.create(home.resolve("disk0")));
    GroupOptions options =
        new GroupOptions(
            new JournalOptions(4 << 20, 64 << 20),
            16L << 30,
            32 << 20,
            256 << 20,
            Duration.ofSeconds(2),
            true);
    Manifest.Disk disk = new Manifest.Disk(0, "disk0", BLOCKS * BLOCK, 512);
    Group.create(journal, homes, List.of(disk), clock, random);
    try (Group group = Group.open(journal, homes, options, clock, random)) {
      for (int i = 0; i < OLD_TIMES; i++) {
        write(group, OLD_WRITES, random);
        clock.ahead.addAndGet(OLD_STEP.toNanos());
      }
    }
    clock.ahead.addAndGet(Duration.ofDays(3).toNanos());
    Retention policy =
        new Retention(
            Duration.ofHours(1),
            List.of(new Retention.Tier(Duration.ofDays(1), Duration.ofDays(30))));
    List<Double> during = new ArrayList<>();
    List<Double> alone = new ArrayList<>();
    long thinned = 0;
    try (Group group = Group.open(journal, homes, options.withRetention(policy), clock, random)) {
      long lastThinned = System.nanoTime();
      while (System.nanoTime() - lastThinned < DONE_NANOS) {
        during.add(write(group, WINDOW, random));
        long now = thinned(journal);
        if (now > thinned) {
          thinned = now;
          lastThinned = System.nanoTime();
          during.addAll(alone);
          alone.clear();
        } else {
          // Of the time after the last one, unless another follows.
          alone.add(during.removeLast());
        }
      }
      alone.clear();
      for (int i = 0; i < WINDOWS_ALONE; i++) {
        alone.add(write(group, WINDOW, random));
      }
    }
    assertThat(thinned).as("segments thinned meanwhile").isPositive();
    System.out.printf(
        "%d segments thinned during %d windows of %d writes: %.0f writes a second, then %.0f%n",
        thinned, during.size(), WINDOW, median(during), median(alone));
    return median(during) / median(alone);
  }

  /** How many segments were thinned. */
  private static long thinned(DiskStorage journal) throws IOException {
    return journal.list().stream()
        .filter(name -> FileNames.thinnedNumber(name).isPresent())
        .count();
  }

  /** Writes a second. */
  private static double write(Group group, int writes, SplittableRandom random) throws IOException {
    ByteBuffer[] blocks = new ByteBuffer[TOGETHER];
    Arrays.setAll(blocks, i -> ByteBuffer.allocateDirect(BLOCK).putLong(0, random.nextLong()));
    long started = System.nanoTime();
    for (int i = 0; i < writes; i++) {
      long offset = random.nextLong(BLOCKS) * BLOCK;
      ByteBuffer block = blocks[i % TOGETHER];
      group.change(() -> group.volume(0).write(offset, block.duplicate()));
      if (i % TOGETHER == TOGETHER - 1) {
        group.volume(0).settle();
      }
    }
    group.volume(0).settle();
    return writes * 1e9 / (System.nanoTime() - started);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    sorted.sort(null);
    return sorted.get(sorted.size() / 2);
  }
}
