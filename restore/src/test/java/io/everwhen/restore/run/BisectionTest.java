package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.Retention;
import io.everwhen.restore.plan.Bisector.Verdict;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BisectionTest {

  private static final long PLENTY = 1L << 30;
  private static final int BLOCK = 512;

  @TempDir private Path directory;

  private static DiffPlan plan(History history, TestDisk disk, long good, long bad)
      throws IOException {
    return new Planner(history, disk.nowNanos())
        .plan(
            history.disk("disk0").orElseThrow(),
            new Instant.AtSequence("seq:" + good, good),
            new Instant.AtSequence("seq:" + bad, bad));
  }

  private TestDisk disk(long seed, long historyBytes, @Nullable Retention retention)
      throws IOException {
    Path home = Files.createDirectory(directory.resolve("seed-" + seed));
    TestDisk disk = new TestDisk(home, seed, historyBytes, null, retention);
    for (int i = 0; i < 20; i++) {
      disk.changes(10);
      disk.discard(new long[] {0, 8 * BLOCK, 4 * BLOCK}, new long[] {BLOCK, 4 * BLOCK, BLOCK});
      if (i % 4 == 0) {
        disk.mark("mark-" + i);
      }
      disk.maintain();
    }
    return disk;
  }

  /** Searches a bad entry in different places, and knows it when it sees it. */
  private void searchEverywhere(long seed, long historyBytes, @Nullable Retention retention)
      throws IOException, InterruptedException {
    Random random = new Random(seed);
    try (TestDisk disk = disk(seed, historyBytes, retention);
        History history = disk.history()) {
      for (int i = 0; i < 60; i++) {
        long a = random.nextLong(history.horizon().sequence(), history.head().sequence() + 1);
        long b = random.nextLong(history.horizon().sequence(), history.head().sequence() + 1);
        DiffPlan plan = plan(history, disk, Math.min(a, b), Math.max(a, b));
        List<Version> changes = new ArrayList<>();
        new Versions(history, plan.disk())
            .find(plan.from(), plan.to(), 0, Long.MAX_VALUE, changes::add);
        if (changes.isEmpty()) {
          continue;
        }
        Version bad = changes.get(random.nextInt(changes.size()));
        List<Point> asked = new ArrayList<>();
        Bisection.Found found =
            new Bisection(
                    history,
                    (at, left) -> {
                      assertThat(history.isKept(at.sequence())).isTrue();
                      asked.add(at);
                      return at.sequence() < bad.sequence() ? Verdict.GOOD : Verdict.BAD;
                    })
                .search(plan);
        assertThat(found.firstBad()).isEqualTo(bad.at());
        assertThat(found.lastGood().sequence()).isLessThan(bad.sequence());
        assertThat(found.skipped()).isFalse();
        assertThat(found.checks()).isEqualTo(asked.size());
        assertThat(asked).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(12);
        assertThat(found.suspects())
            .isEqualTo(
                changes.stream()
                    .filter(c -> c.sequence() > found.lastGood().sequence())
                    .filter(c -> c.sequence() <= found.firstBad().sequence())
                    .count());
        if (retention == null) {
          long apart =
              changes.stream()
                  .filter(c -> c.sequence() > found.lastGood().sequence())
                  .filter(c -> c.sequence() <= found.firstBad().sequence())
                  .map(Version::at)
                  .distinct()
                  .count();
          assertThat(apart).as("changes that are left").isEqualTo(1);
        }
      }
    }
  }

  @Test
  void theBadEntryIsFound() throws Exception {
    searchEverywhere(1, PLENTY, null);
  }

  @Test
  void alsoWhereTheHistoryIsFolded() throws Exception {
    searchEverywhere(2, 256 << 10, null);
  }

  @Test
  void whereTheHistoryIsThinnedTheKeptInstantsAreFound() throws Exception {
    searchEverywhere(
        3,
        PLENTY,
        new Retention(
            Duration.ofMillis(50),
            List.of(new Retention.Tier(Duration.ofMillis(20), Duration.ofSeconds(100)))));
  }

  @Test
  void whatIsSkippedIsTold() throws Exception {
    try (TestDisk disk = disk(4, PLENTY, null);
        History history = disk.history()) {
      DiffPlan plan = plan(history, disk, 20, 120);
      Bisection.Found found =
          new Bisection(
                  history,
                  (at, left) ->
                      at.sequence() > 58 && at.sequence() < 64
                          ? Verdict.SKIP
                          : at.sequence() < 60 ? Verdict.GOOD : Verdict.BAD)
              .search(plan);
      assertThat(found.skipped()).isTrue();
      assertThat(found.lastGood().sequence()).isBetween(55L, 58L);
      assertThat(found.firstBad().sequence()).isBetween(64L, 68L);
      assertThat(found.suspects()).isBetween(4L, 12L);
    }
  }

  @Test
  void theEndsAreCheckedFirst() throws Exception {
    try (TestDisk disk = disk(5, PLENTY, null);
        History history = disk.history()) {
      DiffPlan plan = plan(history, disk, 20, 120);
      assertThatThrownBy(() -> new Bisection(history, (at, left) -> Verdict.BAD).search(plan))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("the command says that seq:")
          .hasMessageContaining("is bad, and it has to be good");
      assertThatThrownBy(() -> new Bisection(history, (at, left) -> Verdict.GOOD).search(plan))
          .hasMessageContaining("is good, and it has to be bad");
      assertThatThrownBy(() ->
              new Bisection(history, (at, left) -> Verdict.BAD).search(plan(history, disk, 50, 50)))
          .hasMessageContaining("nothing was written to disk0");
    }
  }
}
