package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.Room.Bound;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.SimulatedStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** When somebody is told that a journal's room is running out, and of what to do. */
class RoomWatchTest {

  private static final long MIB = 1 << 20;
  private static final long SEGMENT = 16 << 10;

  private final RoomWatch watch = new RoomWatch("journal");
  private final SplittableRandom random = new SplittableRandom(5);
  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);
  private final SimulatedMachine machine = new SimulatedMachine(random.split());
  private final SimulatedStorage journal = machine.directory("journal");
  private final List<Storage> homes = List.of(machine.directory("disk0"));

  private int level(long journalMib, long historyMib, long freeMib, boolean folded) {
    watch.look(journalMib * MIB, historyMib * MIB, 5 * MIB, freeMib * MIB, folded);
    assertThat(watch.room().alarm() == null).isEqualTo(watch.room().level() == 0);
    return watch.room().level();
  }

  @Test
  void aFillingVolumeAlarmsAtEachLevelAndIsLeftOnlyWhenThereIsClearlyMoreRoom() {
    List<Integer> levels = new ArrayList<>();
    for (int used : new int[] {50, 79, 80, 89, 90, 94, 95, 99, 93, 92, 91, 88, 87, 78, 77, 80}) {
      levels.add(level(used, 1000, 100 - used, true));
      assertThat(watch.room().bound()).isEqualTo(Bound.VOLUME);
      assertThat(watch.room().usedPercent()).isEqualTo(used);
    }
    assertThat(levels).containsExactly(0, 0, 80, 80, 90, 90, 95, 95, 95, 90, 90, 90, 80, 80, 0, 80);
  }

  @Test
  void whatElseIsOnTheVolumeCounts() {
    assertThat(level(10, 1000, 90, true)).isZero();
    assertThat(level(10, 1000, 2, true)).isEqualTo(80);
    assertThat(level(10, 1000, -5, true)).isEqualTo(95);
    assertThat(watch.room().usedPercent()).isEqualTo(100);
    assertThat(watch.room().alarm()).contains("10 of 10 MiB", "writes are refused", "Free space");
  }

  @Test
  void aSizeIsToldOnTheWayThereAndIsUsualOnceTheOldestIsFolded() {
    assertThat(level(79, 100, 500, false)).isZero();
    assertThat(level(80, 100, 500, false)).isEqualTo(80);
    assertThat(watch.room().bound()).isEqualTo(Bound.SIZE);
    assertThat(watch.room().alarm()).contains("80 % of journal_size", "raise journal_size");
    assertThat(level(101, 100, 500, false)).isEqualTo(95);
    assertThat(level(99, 100, 500, true)).isZero();
    assertThat(level(104, 100, 500, true)).isZero();
    assertThat(level(106, 100, 500, true)).isEqualTo(95);
    assertThat(watch.room().alarm()).contains("does not keep up");
    assertThat(level(100, 100, 500, true)).isZero();
  }

  private void write(Group group) throws IOException {
    group.change(() -> group.volume(0).write(0, ByteBuffer.allocate(4096)));
    group.volume(0).settle();
    group.maintain();
  }

  private Group open(long historyBytes) throws IOException {
    Group.create(journal, homes, List.of(new Manifest.Disk(0, "disk0", 8192, 512)), clock, random);
    return Group.open(
        journal,
        homes,
        new GroupOptions(
            new JournalOptions(SEGMENT, SEGMENT),
            historyBytes,
            SEGMENT,
            2 * SEGMENT,
            Duration.ofHours(1),
            false),
        clock,
        random.split());
  }

  @Test
  void aGroupWhoseVolumeFillsUpSaysSoBeforeItRefusesWrites() throws IOException {
    try (Group group = open(1L << 40)) {
      write(group);
      assertThat(group.status().room().level()).isZero();
      List<Integer> levels = new ArrayList<>();
      journal.setCapacity(journal.usedBytes() + 20 * SEGMENT);
      for (int i = 0; i < 60 && !levels.contains(95); i++) {
        write(group);
        int level = group.status().room().level();
        if (levels.isEmpty() || levels.getLast() != level) {
          levels.add(level);
        }
      }
      assertThat(levels).containsExactly(0, 80, 90, 95);
      assertThat(group.status().alarm()).isNull();
      assertThat(group.status().horizonSequence()).as("nothing is folded yet").isZero();
      journal.setCapacity(journal.usedBytes() + 20 * SEGMENT);
      group.maintain();
      assertThat(group.status().room().alarm()).isNull();
    }
  }

  @Test
  void aGroupThatHasReachedItsSizeFoldsAndDoesNotAlarm() throws IOException {
    try (Group group = open(8 * SEGMENT)) {
      List<Integer> levels = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        write(group);
        int level = group.status().room().level();
        if (levels.isEmpty() || levels.getLast() != level) {
          levels.add(level);
        }
      }
      assertThat(levels).startsWith(0).contains(80).endsWith(0).hasSizeLessThan(6);
      assertThat(group.status().horizonSequence()).isPositive();
    }
  }
}
