package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A group whose clock does what clocks do: its history stays in order, and says what happened. */
class ClockTest {

  private static final long START = 1_795_305_600_000_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final long HOUR = 3600 * SECOND;
  private static final long DAY = 24 * HOUR;

  private static final List<Manifest.Disk> DISKS =
      List.of(new Manifest.Disk(0, "disk0", 8192, 512));

  private static final GroupOptions OPTIONS =
      new GroupOptions(
          GroupOptions.DEFAULT.journal(), 1L << 40, 1 << 20, 1 << 20, Duration.ofHours(1), false);

  private final SplittableRandom random = new SplittableRandom(1);
  private final SimulatedClock clock = new SimulatedClock(START, 0);
  private final SimulatedMachine machine = new SimulatedMachine(random.split());
  private final Storage journal = machine.directory("journal");
  private final List<Storage> homes = List.of(machine.directory("disk0"));

  @BeforeEach
  void make() throws IOException {
    Group.create(journal, homes, DISKS, clock, random.split());
  }

  private Group open() throws IOException {
    return Group.open(journal, homes, OPTIONS, clock, random.split());
  }

  /** Returns the entry. */
  private static long write(Group group) throws IOException {
    group.change(() -> group.volume(0).write(0, ByteBuffer.allocate(512)));
    group.volume(0).settle();
    return group.status().lastSequence();
  }

  /** All entries; their stamps increase, and each leads back to its own entry. */
  private List<EntryHeader> entries(History history) throws IOException {
    List<EntryHeader> entries = new ArrayList<>();
    history.visitFrom(0, (entry, payload) -> entries.add(entry));
    long last = Long.MIN_VALUE;
    for (EntryHeader entry : entries) {
      assertThat(entry.timeNanos()).isGreaterThan(last);
      last = entry.timeNanos();
      assertThat(history.atTime(last).orElseThrow().sequence()).isEqualTo(entry.sequence());
      assertThat(history.atTime(last - 1).orElseThrow().sequence()).isEqualTo(entry.sequence() - 1);
    }
    return entries;
  }

  /** What the clock showed after each of its steps. */
  private static List<Long> steps(History history) throws IOException {
    List<Long> steps = new ArrayList<>();
    history.visitFrom(
        0,
        (entry, payload) -> {
          if (entry.kind() == EntryKind.CLOCK) {
            steps.add(payload.order(ByteOrder.LITTLE_ENDIAN).getLong(payload.position()));
          }
          return true;
        });
    return steps;
  }

  @Test
  void whenItJumpsBackAnHourStampsGoOnUntilItHasCaughtUpAlsoAfterARestart() throws IOException {
    long before;
    long after;
    long restarted;
    long caughtUp;
    try (Group group = open()) {
      clock.advance(10 * SECOND);
      before = write(group);
      clock.step(-HOUR);
      after = write(group);
      clock.advance(HOUR / 2);
    }
    try (Group group = open()) {
      restarted = write(group);
      clock.advance(HOUR);
      caughtUp = write(group);
    }
    try (History history = History.open(journal)) {
      List<EntryHeader> entries = entries(history);
      long stamp = START + 10 * SECOND;
      assertThat(entries.get((int) before - 1).timeNanos()).isEqualTo(stamp);
      assertThat(entries.get((int) after - 1).timeNanos()).isEqualTo(stamp + 2);
      assertThat(entries.get((int) restarted - 1).timeNanos()).isEqualTo(stamp + 4);
      assertThat(entries.get((int) caughtUp - 1).timeNanos()).isEqualTo(stamp + HOUR / 2);
      assertThat(steps(history)).containsExactly(stamp - HOUR, stamp - HOUR / 2);
      assertThat(entries.get((int) before).kind()).isEqualTo(EntryKind.CLOCK);
    }
  }

  @Test
  void whenItWasSetBackWhileNobodyLookedThatIsOnTheTimelineAndInTheStatusUntilItHasCaughtUp()
      throws IOException {
    long before;
    long after;
    try (Group group = open()) {
      before = write(group);
      assertThat(group.status().clockBehindNanos()).isZero();
      assertThat(group.status().clockAlarm()).isNull();
    }
    clock.step(-HOUR);
    try (Group group = open()) {
      assertThat(group.status().clockBehindNanos()).isEqualTo(HOUR + 1);
      assertThat(group.status().clockAlarm())
          .contains("set back", "1 h 0 min 0 s behind", "seq:N or a mark");
      after = write(group);
      assertThat(after).isEqualTo(before + 2);
      write(group);
      clock.advance(HOUR / 2);
      assertThat(group.status().clockAlarm()).contains("0 h 30 min 0 s behind");
      clock.advance(HOUR / 2);
      assertThat(group.status().clockAlarm()).isNull();
      clock.advance(SECOND);
      write(group);
    }
    try (Group group = open()) {
      assertThat(group.status().clockAlarm()).isNull();
      write(group);
    }
    try (History history = History.open(journal)) {
      List<EntryHeader> entries = entries(history);
      assertThat(steps(history)).containsExactly(START - HOUR);
      assertThat(entries.get((int) before).kind()).isEqualTo(EntryKind.CLOCK);
      // What was written before the clock was set back, and what after, by any time between.
      assertThat(history.atTime(START + 1).orElseThrow().sequence()).isEqualTo(before);
      assertThat(history.atTime(START + SECOND / 2).orElseThrow().sequence()).isEqualTo(after + 1);
    }
  }

  @Test
  void whenItWasSetForwardWhileNobodyLookedTheTimeBetweenIsEmpty() throws IOException {
    long before;
    try (Group group = open()) {
      before = write(group);
    }
    clock.step(DAY);
    try (Group group = open()) {
      assertThat(group.status().clockAlarm()).isNull();
      write(group);
    }
    try (History history = History.open(journal)) {
      assertThat(entries(history).getLast().timeNanos()).isEqualTo(START + DAY);
      assertThat(history.atTime(START + DAY - 1).orElseThrow().sequence()).isEqualTo(before);
    }
  }

  @Test
  void whenItJumpsForwardADayItIsFollowedAtOnceAndTheDayBetweenIsEmpty() throws IOException {
    long before;
    long after;
    try (Group group = open()) {
      before = write(group);
      clock.step(DAY);
      after = write(group);
      clock.advance(SECOND);
      write(group);
    }
    try (History history = History.open(journal)) {
      List<EntryHeader> entries = entries(history);
      assertThat(steps(history)).containsExactly(START + DAY);
      assertThat(entries.get((int) after - 1).timeNanos()).isBetween(START + DAY, START + DAY + 1);
      assertThat(history.atTime(START + DAY / 2).orElseThrow().sequence()).isEqualTo(before);
    }
  }

  @Test
  void whenItStandsStillEveryEntryHasAStampOfItsOwn() throws IOException {
    try (Group group = open()) {
      for (int i = 0; i < 1000; i++) {
        write(group);
      }
    }
    try (History history = History.open(journal)) {
      List<EntryHeader> entries = entries(history);
      assertThat(entries).hasSize(1000);
      assertThat(entries.getLast().timeNanos() - entries.getFirst().timeNanos()).isEqualTo(999);
      assertThat(steps(history)).isEmpty();
    }
  }

  @Test
  void whenTheWallClockAloneStandsStillThatIsOnTheTimeline() throws IOException {
    try (Group group = open()) {
      write(group);
      clock.advance(10 * SECOND);
      clock.step(-10 * SECOND);
      write(group);
    }
    try (History history = History.open(journal)) {
      entries(history);
      assertThat(steps(history)).containsExactly(START);
    }
  }

  @Test
  void whenItDriftsStampsDriftWithItAndThatIsNoStep() throws IOException {
    for (long drift : new long[] {30_000_000, -30_000_000}) {
      long last;
      long shown;
      try (Group group = open()) {
        for (int minute = 0; minute < 24 * 60; minute++) {
          clock.advance(60 * SECOND);
          clock.step(drift); // 500 ppm
          write(group);
        }
        last = group.status().lastSequence();
        shown = clock.wallNanos();
      }
      try (History history = History.open(journal)) {
        assertThat(entries(history).get((int) last - 1).timeNanos()).isEqualTo(shown);
        assertThat(steps(history)).isEmpty();
      }
    }
  }
}
