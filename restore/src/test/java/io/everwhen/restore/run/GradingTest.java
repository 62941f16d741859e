package io.everwhen.restore.run;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.history.History;
import io.everwhen.journal.history.Retention;
import io.everwhen.restore.plan.Grade;
import io.everwhen.restore.plan.Grading;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GradingTest {

  private static final long PLENTY = 1L << 30;
  private static final int STEPS = 400;

  @TempDir private Path directory;

  /** Right after which entries how many changes were not flushed. */
  private final Map<Long, Long> expected = new TreeMap<>();

  private long unflushed;

  private void step(TestDisk disk, int dice) throws IOException {
    switch (dice) {
      case 0 -> {
        disk.flush();
        unflushed = 0;
      }
      case 1 -> disk.mark("a mark");
      case 2 -> {
        disk.discard(new long[] {0, 8192, 65536}, new long[] {512, 512, 512});
        unflushed++;
      }
      case 3 -> disk.maintain();
      default -> {
        disk.change();
        unflushed++;
      }
    }
    expected.put(disk.versions().getLast().sequence(), unflushed);
  }

  private void steps(TestDisk disk, SplittableRandom random) throws IOException {
    for (int i = 0; i < STEPS; i++) {
      step(disk, i % 100 < 60 ? random.nextInt(1, 12) : random.nextInt(12));
    }
  }

  /** The grade after each entry from one on, as it is told in passing. */
  private static Map<Long, Grade> grades(History history, long from) throws IOException {
    Map<Long, Grade> grades = new TreeMap<>();
    Grading grading = new Grading(history, history.manifest().disks().getFirst());
    if (from > 0) {
      grading.goBefore(from);
    }
    history.visitFrom(
        from,
        (entry, payload) -> {
          grades.put(entry.sequence(), grading.after(entry));
          return true;
        });
    return grades;
  }

  @Test
  void everyInstantTellsHowManyChangesNoFlushHadCovered() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    try (TestDisk disk = new TestDisk(directory, 3, PLENTY)) {
      steps(disk, random);
      try (History history = disk.history()) {
        Map<Long, Grade> grades = grades(history, 0);
        assertThat(history.segments()).hasSizeGreaterThan(10);
        expected.forEach((sequence, count) -> {
          if (sequence > 0) {
            assertThat(grades.get(sequence))
                .as("after entry %d", sequence)
                .isEqualTo(new Grade.Exactly(count));
          }
        });
        for (int i = 0; i < 40; i++) {
          long from = random.nextLong(1, history.head().sequence());
          Map<Long, Grade> later = grades(history, from);
          long count = expected.getOrDefault(from, -1L);
          switch (requireNonNull(later.get(from))) {
            case Grade.Exactly exactly -> assertThat(exactly).isEqualTo(grades.get(from));
            // The last flush is too far back to be looked for.
            case Grade.AtLeast least -> assertThat(least.unflushed()).isBetween(1L, count);
            case Grade.Unknown _ -> throw new AssertionError("unknown after entry " + from);
          }
        }
      }
    }
  }

  @Test
  void whereTheHistoryBeginsLaterItIsAtLeastWhatIsLeft() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 4, 256 << 10)) {
      for (int i = 0; i < 3 * STEPS; i++) {
        step(disk, i % 10 == 9 ? 3 : 4);
      }
      step(disk, 0);
      step(disk, 4);
      try (History history = disk.history()) {
        long horizon = history.horizon().sequence();
        assertThat(horizon).isPositive();
        Map<Long, Grade> grades = grades(history, horizon + 1);
        long flushed = history.head().sequence() - 1;
        grades.forEach((sequence, grade) -> {
          if (sequence < flushed) {
            assertThat(grade).isEqualTo(new Grade.AtLeast(sequence - horizon));
          }
        });
        assertThat(grades.get(flushed)).isEqualTo(new Grade.Exactly(0));
        assertThat(grades.get(history.head().sequence())).isEqualTo(new Grade.Exactly(1));
      }
    }
  }

  @Test
  void nobodyCanTellWhereItWasThinnedNorAfterARewind() throws IOException {
    Retention retention =
        new Retention(
            Duration.ofMillis(50),
            List.of(new Retention.Tier(Duration.ofMillis(20), Duration.ofSeconds(100))));
    try (TestDisk disk = new TestDisk(directory, 5, PLENTY, null, retention)) {
      steps(disk, new SplittableRandom(5));
      for (int i = 0; i < 20; i++) {
        disk.maintain();
      }
      step(disk, 4);
      step(disk, 0);
      long flushed = disk.versions().getLast().sequence();
      disk.rewind(disk.versions().size() - 2);
      long rewound = disk.versions().getLast().sequence();
      disk.change();
      disk.flush();
      disk.change();
      try (History history = disk.history()) {
        long thinned = history.thinnedUpTo().sequence();
        assertThat(thinned).isPositive();
        Map<Long, Grade> grades = grades(history, 0);
        grades.forEach((sequence, grade) -> {
          if (sequence < thinned) {
            assertThat(grade).isIn(new Grade.Unknown(), new Grade.Exactly(0));
          } else if (sequence > thinned && sequence <= flushed && expected.containsKey(sequence)) {
            long count = expected.get(sequence);
            assertThat(grade)
                .as("after entry %d", sequence)
                .satisfiesAnyOf(
                    g -> assertThat(g).isEqualTo(new Grade.Exactly(count)),
                    g -> assertThat(((Grade.AtLeast) g).unflushed()).isLessThanOrEqualTo(count));
          }
        });
        assertThat(grades.get(flushed)).isEqualTo(new Grade.Exactly(0));
        assertThat(grades.get(rewound)).isEqualTo(new Grade.Unknown());
        assertThat(grades.get(history.head().sequence())).isEqualTo(new Grade.Exactly(1));
        assertThat(grades(history, rewound + 1).get(rewound + 1)).isEqualTo(new Grade.Unknown());
      }
    }
  }
}
