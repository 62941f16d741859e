package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.UnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DifferTest {

  private static final long PLENTY = 1L << 30;
  private static final int BLOCK = 512;
  private static final int PAIRS = 40;

  @TempDir private Path directory;

  /** An entry that changed the disk, as the journal has it. */
  private record Recorded(long sequence, long offset, long end) {}

  private static DiffPlan plan(History history, TestDisk disk, long from, long to)
      throws IOException {
    return new Planner(history, disk.nowNanos())
        .plan(
            history.disk("disk0").orElseThrow(),
            new Instant.AtSequence("seq:" + from, from),
            new Instant.AtSequence("seq:" + to, to));
  }

  private static List<Difference> content(History history, DiffPlan plan, int window)
      throws IOException {
    List<Difference> found = new ArrayList<>();
    DiffResult result = new Differ(history, Progress.NONE, window).content(plan, found::add);
    checkTotals(result, found);
    return found;
  }

  private static List<Difference> written(History history, DiffPlan plan) throws IOException {
    List<Difference> found = new ArrayList<>();
    DiffResult result = new Differ(history, Progress.NONE).written(plan, found::add);
    checkTotals(result, found);
    return found;
  }

  private static void checkTotals(DiffResult result, List<Difference> found) {
    List<Difference> known = found.stream().filter(d -> d.damage() == null).toList();
    List<Difference> unknown = found.stream().filter(d -> d.damage() != null).toList();
    assertThat(result)
        .isEqualTo(
            new DiffResult(
                known.size(),
                known.stream().mapToLong(Difference::length).sum(),
                unknown.size(),
                unknown.stream().mapToLong(Difference::length).sum()));
  }

  private static List<Recorded> entries(History history, DiffPlan plan) throws IOException {
    List<Recorded> entries = new ArrayList<>();
    history.visitFrom(
        plan.from().sequence() + 1,
        (entry, payload) -> {
          if (entry.sequence() <= plan.to().sequence() && entry.kind().changesContent()) {
            entries.add(new Recorded(entry.sequence(), entry.offset(), entry.end()));
          }
          return true;
        });
    return entries;
  }

  private static BitSet blocks(List<Difference> differences) {
    BitSet blocks = new BitSet();
    differences.forEach(d -> blocks.set((int) (d.offset() / BLOCK), (int) (d.end() / BLOCK)));
    return blocks;
  }

  private static BitSet differing(byte[] a, byte[] b) {
    byte[] before = Arrays.copyOf(a, Math.max(a.length, b.length));
    byte[] after = Arrays.copyOf(b, before.length);
    BitSet blocks = new BitSet();
    for (int i = 0; i < before.length / BLOCK; i++) {
      int from = i * BLOCK;
      blocks.set(i, !Arrays.equals(before, from, from + BLOCK, after, from, from + BLOCK));
    }
    return blocks;
  }

  /** Extents are in order and apart, and say who recorded them first and last. */
  private static void checkEntries(List<Difference> differences, List<Recorded> entries)
      throws IOException {
    long end = -1;
    for (Difference d : differences) {
      assertThat(d.offset()).as("%s comes after byte %d", d, end).isGreaterThan(end);
      end = d.end();
      List<Long> sequences =
          entries.stream()
              .filter(e -> e.offset < d.end() && e.end > d.offset())
              .map(Recorded::sequence)
              .sorted()
              .toList();
      assertThat(d.first().sequence()).isEqualTo(sequences.getFirst());
      assertThat(d.last().sequence()).isEqualTo(sequences.getLast());
      EntryHeader header = d.last().header();
      assertThat(header.sequence()).isEqualTo(d.last().sequence());
      assertThat(header.offset()).isLessThan(d.end());
    }
  }

  /** Does all sorts of things to a disk, and compares many pairs of its versions. */
  private void compareRandomPairs(long seed, long historyBytes, @Nullable Retention retention)
      throws IOException {
    Random random = new Random(seed);
    Path home = Files.createDirectory(directory.resolve("seed-" + seed));
    try (TestDisk disk = new TestDisk(home, seed, historyBytes, null, retention)) {
      for (int i = 0; i < 25; i++) {
        disk.changes(10);
        if (random.nextInt(5) == 0) {
          disk.resize((64 << 10) + BLOCK * random.nextInt(400));
        }
        disk.discard(new long[] {0, 8 * BLOCK, 4 * BLOCK}, new long[] {BLOCK, 4 * BLOCK, BLOCK});
        disk.maintain();
      }
      TreeMap<Long, byte[]> versions = new TreeMap<>();
      disk.versions().forEach(v -> versions.put(v.sequence(), v.content()));
      try (History history = disk.history()) {
        long horizon = history.horizon().sequence();
        assertThat(horizon > 0).isEqualTo(historyBytes < PLENTY);
        assertThat(history.keptInstants().isEmpty()).isEqualTo(retention == null);
        for (int i = 0; i < PAIRS; i++) {
          long a = random.nextLong(horizon, history.head().sequence() + 1);
          long b = random.nextLong(horizon, history.head().sequence() + 1);
          DiffPlan plan = plan(history, disk, Math.min(a, b), Math.max(a, b));
          byte[] before = versions.floorEntry(plan.from().sequence()).getValue();
          byte[] after = versions.floorEntry(plan.to().sequence()).getValue();
          List<Recorded> entries = entries(history, plan);
          String what = "seed %d: %s".formatted(seed, plan);

          List<Difference> content = content(history, plan, BLOCK << random.nextInt(12));
          assertThat(blocks(content)).as(what).isEqualTo(differing(before, after));
          checkEntries(content, entries);

          BitSet recorded = new BitSet();
          entries.forEach(e -> recorded.set((int) (e.offset / BLOCK), (int) (e.end / BLOCK)));
          List<Difference> written = written(history, plan);
          assertThat(blocks(written)).as(what).isEqualTo(recorded);
          checkEntries(written, entries);
        }
      }
    }
  }

  @Test
  void whatDiffersIsFoundAndNothingElse() throws IOException {
    for (long seed = 0; seed < 4; seed++) {
      compareRandomPairs(seed, PLENTY, null);
    }
  }

  @Test
  void alsoWhereTheHistoryIsFolded() throws IOException {
    for (long seed = 10; seed < 13; seed++) {
      compareRandomPairs(seed, 256 << 10, null);
    }
  }

  @Test
  void alsoWhereTheHistoryIsThinned() throws IOException {
    Retention retention =
        new Retention(
            Duration.ofMillis(50),
            List.of(new Retention.Tier(Duration.ofMillis(20), Duration.ofSeconds(100))));
    for (long seed = 20; seed < 24; seed++) {
      compareRandomPairs(seed, PLENTY, retention);
    }
  }

  @Test
  void alsoWhileADiskIsFilledInAfterItWasRewound() throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 4; round++) {
      Path home = Files.createDirectory(directory.resolve("round-" + round));
      try (TestDisk disk = new TestDisk(home, round, PLENTY)) {
        for (int i = 0; i < 6; i++) {
          disk.changes(15);
          disk.rewind(random.nextInt(disk.versions().size()));
          disk.changes(3);
          if (random.nextInt(3) == 0) {
            disk.maintain();
          }
        }
        TreeMap<Long, byte[]> versions = new TreeMap<>();
        disk.versions().forEach(v -> versions.put(v.sequence(), v.content()));
        try (History history = disk.history()) {
          for (int i = 0; i < 10 * PAIRS; i++) {
            long a = random.nextLong(history.head().sequence() + 1);
            long b = random.nextLong(history.head().sequence() + 1);
            DiffPlan plan = plan(history, disk, Math.min(a, b), Math.max(a, b));
            byte[] before = versions.floorEntry(plan.from().sequence()).getValue();
            byte[] after = versions.floorEntry(plan.to().sequence()).getValue();
            assertThat(blocks(content(history, plan, 1 << 20)))
                .as("round %d: %s", round, plan)
                .isEqualTo(differing(before, after));
          }
        }
      }
    }
  }

  @Test
  void whatWasWrittenBackIsWrittenButDoesNotDiffer() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 1, PLENTY)) {
      disk.changes(20);
      long before = disk.versions().getLast().sequence();
      byte[] was = Arrays.copyOfRange(disk.versions().getLast().content(), 4096, 8192);
      disk.write(4096, new byte[4096]);
      disk.write(4096, was);
      try (History history = disk.history()) {
        DiffPlan plan = plan(history, disk, before, history.head().sequence());
        assertThat(content(history, plan, 1 << 20)).isEmpty();
        assertThat(written(history, plan))
            .singleElement()
            .satisfies(d -> {
              assertThat(d.offset()).isEqualTo(4096);
              assertThat(d.length()).isEqualTo(4096);
              assertThat(d.first().sequence()).isEqualTo(before + 1);
              assertThat(d.last().sequence()).isEqualTo(before + 2);
            });
      }
    }
  }

  @Test
  void whatDamageHidesIsSaidAndTheRestIsCompared() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 2, PLENTY)) {
      disk.changes(40);
      Path segment = disk.journal().resolve("segment-0000000002");
      while (!Files.exists(disk.journal().resolve("index-0000000002"))) {
        disk.changes(10);
      }
      int damaged = 0;
      try (FileChannel channel =
          FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one, 20_000);
        one.put(0, (byte) (one.get(0) ^ 0x10)).flip();
        channel.write(one, 20_000);
      }
      List<TestDisk.Version> versions = disk.versions();
      try (History history = disk.history()) {
        for (int i = 0; i < versions.size(); i += 7) {
          for (int j = i; j < versions.size(); j += 7) {
            DiffPlan plan;
            try {
              plan = plan(history, disk, versions.get(i).sequence(), versions.get(j).sequence());
            } catch (DamageException e) {
              continue; // Such an instant cannot be told.
            }
            BitSet expected = differing(versions.get(i).content(), versions.get(j).content());
            List<Difference> found = content(history, plan, 64 << 10);
            BitSet unknown = blocks(found.stream().filter(d -> d.damage() != null).toList());
            BitSet known = blocks(found.stream().filter(d -> d.damage() == null).toList());
            damaged += unknown.isEmpty() ? 0 : 1;
            for (Difference d : found) {
              if (d.damage() != null) {
                assertThat(d.damage()).contains("segment-0000000002", "cannot restore disk0");
              }
            }
            expected.andNot(unknown);
            assertThat(known).as("%s", plan).isEqualTo(expected);
            assertThat(unknown.cardinality()).isLessThanOrEqualTo(64);
          }
        }
      }
      assertThat(damaged).isPositive();
    }
  }

  @Test
  void theEarlierInstantComesFirst() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 3, PLENTY)) {
      disk.changes(10);
      try (History history = disk.history()) {
        assertThatThrownBy(() -> plan(history, disk, 9, 2))
            .isInstanceOf(UnavailableException.class)
            .hasMessageContaining("'seq:9'")
            .hasMessageContaining("is later than 'seq:2'");
        assertThat(content(history, plan(history, disk, 4, 4), 4096)).isEmpty();
      }
    }
  }
}
