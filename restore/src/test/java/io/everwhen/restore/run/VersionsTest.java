package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.Retention;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.RestorePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionsTest {

  private static final long PLENTY = 1L << 30;
  private static final int BLOCK = 512;

  @TempDir private Path directory;

  private static List<Version> versions(History history, Point after, long from, long end)
      throws IOException {
    List<Version> versions = new ArrayList<>();
    Manifest.Disk disk = history.disk("disk0").orElseThrow();
    long count = new Versions(history, disk).find(after, history.head(), from, end, versions::add);
    assertThat(versions).hasSize((int) count);
    return versions;
  }

  private byte[] restore(TestDisk disk, History history, long sequence) throws IOException {
    Path to = directory.resolve("restored.img");
    RestorePlan plan =
        new Planner(history, disk.nowNanos())
            .plan(
                history.disk("disk0").orElseThrow(),
                new Instant.AtSequence("seq:" + sequence, sequence));
    assertThat(plan.point().sequence()).isEqualTo(sequence);
    new Restorer(history, Progress.NONE).restoreToFile(plan, to);
    return Files.readAllBytes(to);
  }

  @Test
  void everyEntryOfTheBlocksIsThereOnceAndInOrder() throws IOException {
    Random random = new Random(1);
    try (TestDisk disk = new TestDisk(directory, 1, 256 << 10)) {
      for (int i = 0; i < 20; i++) {
        disk.changes(15);
        disk.discard(new long[] {0, 16 * BLOCK}, new long[] {3 * BLOCK, BLOCK});
        disk.resize((64 << 10) + BLOCK * random.nextInt(400));
      }
      try (History history = disk.history()) {
        for (int i = 0; i < 50; i++) {
          int from = BLOCK * random.nextInt(500);
          int end = from + BLOCK * (1 + random.nextInt(12));
          List<Long> expected = new ArrayList<>();
          history.visitFrom(
              history.horizon().sequence() + 1,
              (entry, payload) -> {
                if (entry.kind().changesContent() && entry.offset() < end && entry.end() > from) {
                  expected.add(entry.sequence());
                }
                return true;
              });
          List<Version> versions = versions(history, history.horizon(), from, end);
          assertThat(versions.stream().map(Version::sequence)).isEqualTo(expected);
          for (Version version : versions) {
            assertThat(version.at().sequence()).isGreaterThanOrEqualTo(version.sequence());
            assertThat(version.entry()).isNotNull();
          }
        }
      }
    }
  }

  @Test
  void theInstantOfAVersionHasItAlsoInAChangeOfSeveralAndWhereHistoryIsThinned()
      throws IOException {
    Retention retention =
        new Retention(
            Duration.ofMillis(50),
            List.of(new Retention.Tier(Duration.ofMillis(20), Duration.ofSeconds(100))));
    try (TestDisk disk = new TestDisk(directory, 2, PLENTY, null, retention)) {
      for (int i = 0; i < 15; i++) {
        disk.changes(10);
        disk.discard(new long[] {0, 64 * BLOCK}, new long[] {3 * BLOCK, BLOCK});
        disk.maintain();
      }
      TreeMap<Long, byte[]> contents = new TreeMap<>();
      disk.versions().forEach(v -> contents.put(v.sequence(), v.content()));
      try (History history = disk.history()) {
        assertThat(history.keptInstants()).isNotEmpty();
        int moved = 0;
        byte[] before = new byte[BLOCK];
        long last = 0;
        for (Version version : versions(history, history.horizon(), 0, BLOCK)) {
          long at = version.at().sequence();
          moved += at == version.sequence() ? 0 : 1;
          if (at != last) {
            byte[] block = Arrays.copyOf(restore(disk, history, at), BLOCK);
            assertThat(block).isEqualTo(Arrays.copyOf(contents.floorEntry(at).getValue(), BLOCK));
            before = block;
            last = at;
          }
        }
        assertThat(before)
            .as("the last version is what the disk holds")
            .isEqualTo(Arrays.copyOf(contents.lastEntry().getValue(), BLOCK));
        assertThat(moved).isPositive();
      }
    }
  }
}
