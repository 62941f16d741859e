package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.history.Retention.Tier;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A disk that is written for weeks: what is promised of its past is there, and not much more. */
class RetentionTest {

  private static final long START = 1_795_305_600_000_000_000L;
  private static final long MINUTE = 60_000_000_000L;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;
  private static final int SECTOR = 512;
  private static final int SECTORS = 256;

  private static final Retention POLICY =
      new Retention(
          Duration.ofHours(24),
          List.of(
              new Tier(Duration.ofHours(1), Duration.ofDays(7)),
              new Tier(Duration.ofDays(1), Duration.ofDays(30))));

  private static final GroupOptions OPTIONS =
      new GroupOptions(
              new JournalOptions(32 << 10, 0), 1L << 40, 1, 1 << 20, Duration.ofHours(1), false)
          .withRetention(POLICY);

  private final SplittableRandom random = new SplittableRandom();
  private final SimulatedClock clock = new SimulatedClock(START, 0);
  private final SimulatedMachine machine = new SimulatedMachine(random.split());
  private final Storage journal = machine.directory("journal");
  private final List<Storage> homes = List.of(machine.directory("disk0"));
  private final List<Manifest.Disk> disks =
      List.of(new Manifest.Disk(0, "disk0", SECTORS * SECTOR, SECTOR));
  private final Oracle oracle = new Oracle(disks);
  private final TreeMap<Long, Long> sequenceByTime = new TreeMap<>();
  private final List<Long> marks = new ArrayList<>();
  private Group group;

  RetentionTest() throws IOException {
    Group.create(journal, homes, disks, clock, random.split());
    group = open();
  }

  @AfterEach
  void end() throws IOException {
    group.close();
  }

  private Group open() throws IOException {
    return Group.open(journal, homes, OPTIONS, clock, random.split());
  }

  private void write() throws IOException {
    int sectors = random.nextInt(1, 9);
    // Half of it goes to the same places again and again.
    write(random.nextInt(random.nextBoolean() ? SECTORS / 16 : SECTORS - sectors), sectors);
    noteTime();
  }

  private void write(int from, int sectors) throws IOException {
    byte[] data = new byte[sectors * SECTOR];
    random.nextBytes(data);
    long offset = (long) from * SECTOR;
    oracle.add(EntryKind.WRITE, false, 0, offset, data.length, data);
    group.change(() -> group.volume(0).write(offset, ByteBuffer.wrap(data)));
  }

  private void mark() throws IOException {
    oracle.add(
        EntryKind.MARK, false, 0, 0, 0, ("mark " + marks.size()).getBytes(StandardCharsets.UTF_8));
    group.mark("mark " + marks.size());
    marks.add(oracle.head());
    noteTime();
  }

  /** The clock stands still while a change is made. */
  private void noteTime() throws IOException {
    group.volume(0).settle();
    assertThat(group.status().lastSequence()).isEqualTo(oracle.head());
    sequenceByTime.put(clock.wallNanos(), oracle.head());
    clock.advance(1 + random.nextLong(20 * MINUTE));
  }

  private void live(long nanos) throws IOException {
    for (long end = clock.wallNanos() + nanos; clock.wallNanos() < end; ) {
      if (random.nextInt(200) == 0) {
        mark();
      } else {
        write();
      }
      if (random.nextInt(8) == 0) {
        maintain();
      }
      if (random.nextInt(500) == 0) {
        group.close();
        group = open();
      }
    }
    maintain();
  }

  private void maintain() throws IOException {
    while (group.maintain()) {
      clock.advance(1);
    }
  }

  private static Point at(History history, long time) throws IOException {
    return history.atTime(time).orElseThrow();
  }

  private void checkContent(History history, long sequence) throws IOException {
    try (PastView view = new PastView(history, history.manifest().disks().getFirst(), sequence)) {
      byte[] found = new byte[SECTORS * SECTOR];
      view.read(0, ByteBuffer.wrap(found));
      assertThat(found)
          .as("the disk at entry %d", sequence)
          .isEqualTo(oracle.contentAt(0, sequence));
    }
  }

  @Test
  void everyInstantThatThePolicyPromisesIsThereAndOldHistoryCostsWhatItShould() throws IOException {
    live(60 * DAY);
    long now = clock.wallNanos();
    try (History history = History.open(journal)) {
      long[] last = {0};
      history.visitFrom(
          0,
          (entry, payload) -> {
            assertThat(oracle.version(entry.sequence()).matches(entry, payload)).isTrue();
            last[0] = entry.timeNanos();
            return true;
          });
      // Every instant of the last day.
      for (Map.Entry<Long, Long> each : sequenceByTime.tailMap(now - DAY).entrySet()) {
        Point found = at(history, each.getKey());
        assertThat(found.sequence()).isEqualTo(each.getValue());
        checkContent(history, found.sequence());
      }
      for (long hour = now / HOUR * HOUR; hour > now - 8 * DAY; hour -= HOUR) {
        checkStep(history, hour);
      }
      for (long day = now / DAY * DAY; day > now - 38 * DAY; day -= DAY) {
        checkStep(history, day);
      }
      for (long mark : marks) {
        if (mark >= history.horizon().sequence()) {
          assertThat(history.atSequence(mark).orElseThrow().sequence()).isEqualTo(mark);
          checkContent(history, mark);
        }
      }
      assertThat(history.horizon().timeNanos()).isBetween(now - 41 * DAY, now - 38 * DAY);
      checkCost(history);
    }
  }

  private void checkStep(History history, long time) throws IOException {
    Point found = at(history, time);
    assertThat(found.sequence()).isEqualTo(sequenceByTime.floorEntry(time).getValue());
    assertThat(found.timeNanos()).isLessThanOrEqualTo(time);
    checkContent(history, found.sequence());
  }

  /** What is left, against what the kept instants need. */
  private void checkCost(History history) throws IOException {
    TreeSet<Long> kept = new TreeSet<>();
    for (Point point : history.keptInstants()) {
      kept.add(point.sequence());
    }
    long end = history.thinnedUpTo().sequence();
    long needed = 0;
    long all = 0;
    long window = Long.MAX_VALUE;
    BitSet again = new BitSet();
    long first = history.segments().getFirst().index().firstSequence();
    for (long sequence = end; sequence >= first; sequence--) {
      Oracle.Version version = oracle.version(sequence);
      if (sequence <= window) {
        Long before = kept.lower(sequence);
        window = before == null ? 0 : before;
        again.clear();
      }
      if (version.kind() == EntryKind.WRITE) {
        int from = (int) (version.offset() / SECTOR);
        int to = from + (int) (version.length() / SECTOR);
        long stored = EntryHeader.storedBytes((int) version.length());
        all += stored;
        needed += again.nextClearBit(from) < to ? stored : 0;
        again.set(from, to);
      }
    }
    long taken = 0;
    for (HistorySegment segment : history.segments()) {
      taken +=
          segment.index().lastSequence() <= end
              ? segment.index().dataLength() - SegmentHeader.BYTES
              : 0;
    }
    System.out.printf(
        "of %d KiB before the last day %d KiB are needed, %d KiB are left%n",
        all >> 10, needed >> 10, taken >> 10);
    assertThat((double) taken).isBetween(needed * 0.99, needed * 1.15);
    assertThat(needed).isLessThan(all * 3 / 4);
  }

  @Test
  void whileSomebodyReadsNothingIsThinnedAndAfterwardsItIs() throws IOException {
    for (int i = 0; i < 32; i++) {
      write(0, 8); // for segments of which little is to be kept
    }
    live(DAY / 2); // nothing is old enough when the reader comes
    try (History history = History.open(journal)) {
      long head = history.head().sequence();
      live(3 * DAY);
      for (long sequence = 1; sequence <= head; sequence += 7) {
        checkContent(history, sequence);
      }
      history.checkStillWithin(head);
      assertThat(journal.list()).noneMatch(name -> name.startsWith("thinned-"));
    }
    maintain();
    assertThat(journal.list()).anyMatch(name -> name.startsWith("thinned-"));
  }

  @Test
  void aClockThatIsSetForwardMakesNothingOld() throws IOException {
    live(DAY / 2);
    long before = clock.wallNanos();
    clock.step(30 * DAY);
    for (int i = 0; i < 100; i++) {
      oracle.add(i == 0 ? EntryKind.CLOCK : EntryKind.WRITE, false, 0, 0, 0, null);
      group.change(() -> group.volume(0).write(0, ByteBuffer.allocate(SECTOR)));
    }
    group.volume(0).settle();
    maintain();
    try (History history = History.open(journal)) {
      assertThat(history.keptInstants()).isEmpty();
      for (long sequence : sequenceByTime.headMap(before).values()) {
        assertThat(history.atSequence(sequence).orElseThrow().sequence()).isEqualTo(sequence);
      }
    }
  }

  @Test
  void aSegmentThatIsDamagedIsLeftAsItIs() throws IOException {
    live(DAY);
    try (var file = journal.open(FileNames.segment(2))) {
      file.write(SegmentHeader.BYTES + 100, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }
    live(3 * DAY);
    assertThat(journal.exists(FileNames.segment(2))).isTrue();
    assertThat(journal.list()).anyMatch(name -> name.startsWith("thinned-"));
    assertThat(group.status().failure()).isNull();
  }

  @Test
  void anInstantThatWasThinnedAwayIsNotShownAsIfItWereThere() throws IOException {
    live(5 * DAY);
    try (History history = History.open(journal)) {
      List<Point> kept = history.keptInstants();
      assertThat(kept.size()).isGreaterThan(24);
      Point one = kept.get(10);
      Point next = kept.get(11);
      assertThat(next.sequence()).isGreaterThan(one.sequence() + 1);
      assertThat(at(history, next.timeNanos() - 1)).isEqualTo(one);
      assertThat(history.atSequence(next.sequence() - 1)).contains(one);
      assertThatThrownBy(() ->
              new PastView(history, history.manifest().disks().getFirst(), one.sequence() + 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("thinned away");
      assertThatThrownBy(() -> history.checkStillWithin(one.sequence() + 1))
          .isInstanceOf(DamageException.class)
          .hasMessageContaining("thinned away");
    }
  }
}
