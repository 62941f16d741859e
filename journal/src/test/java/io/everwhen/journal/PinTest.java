package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A disk that is written for long, with instants that are pinned. */
class PinTest {

  private static final long START = 1_795_305_600_000_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final int SECTOR = 512;
  private static final int SECTORS = 256;
  private static final int SEGMENT_BYTES = 32 << 10;
  private static final int HISTORY_BYTES = 16 * SEGMENT_BYTES;

  private final SplittableRandom random = new SplittableRandom();
  private final SimulatedClock clock = new SimulatedClock(START, 0);
  private final SimulatedMachine machine = new SimulatedMachine(random.split());
  private final Storage journal = machine.directory("journal");
  private final List<Storage> homes = List.of(machine.directory("disk0"));
  private final List<Manifest.Disk> disks =
      List.of(new Manifest.Disk(0, "disk0", SECTORS * SECTOR, SECTOR));
  private final Oracle oracle = new Oracle(disks);
  private GroupOptions options =
      new GroupOptions(
          new JournalOptions(SEGMENT_BYTES, 0),
          HISTORY_BYTES,
          1,
          1 << 20,
          Duration.ofHours(1),
          false);
  private Group group;

  PinTest() throws IOException {
    Group.create(journal, homes, disks, clock, random.split());
    group = Group.open(journal, homes, options, clock, random.split());
  }

  @AfterEach
  void end() throws IOException {
    group.close();
  }

  private void reopen() throws IOException {
    group.close();
    group = Group.open(journal, homes, options, clock, random.split());
  }

  /** Writes as much as fills some segments. */
  private void live(int segments) throws IOException {
    for (long written = 0; written < (long) segments * SEGMENT_BYTES; ) {
      byte[] data = new byte[random.nextInt(1, 9) * SECTOR];
      random.nextBytes(data);
      long offset = random.nextInt(SECTORS - 8) * (long) SECTOR;
      oracle.add(EntryKind.WRITE, false, 0, offset, data.length, data);
      group.change(() -> group.volume(0).write(offset, ByteBuffer.wrap(data)));
      clock.advance(SECOND);
      written += data.length;
      if (random.nextInt(8) == 0) {
        maintain();
      }
    }
    group.volume(0).settle();
    maintain();
  }

  private void maintain() throws IOException {
    while (group.maintain()) {
      clock.advance(1);
    }
  }

  private Pin pinNow(String name) throws IOException {
    group.volume(0).sync();
    Pin pin;
    try (History history = History.open(journal)) {
      pin = new Pin(name, history.head().sequence(), history.head().timeNanos());
    }
    assertThat(pin.sequence()).isEqualTo(oracle.head());
    group.pin(pin);
    return pin;
  }

  private void check(Pin... pins) throws IOException {
    try (History history = History.open(journal)) {
      assertThat(history.pins()).containsExactly(pins);
      for (Pin pin : pins) {
        assertThat(history.atSequence(pin.sequence()).orElseThrow().sequence())
            .isEqualTo(pin.sequence());
        assertThat(history.atTime(pin.timeNanos()).orElseThrow().sequence())
            .isEqualTo(pin.sequence());
        try (PastView view = new PastView(history, disks.getFirst(), pin.sequence())) {
          byte[] found = new byte[SECTORS * SECTOR];
          view.read(0, ByteBuffer.wrap(found));
          assertThat(found).isEqualTo(oracle.contentAt(0, pin.sequence()));
        }
      }
    }
  }

  private long horizon() throws IOException {
    return group.status().horizonSequence();
  }

  @Test
  void aPinnedInstantStaysWhileTheJournalKeepsToItsSize() throws IOException {
    live(4);
    Pin first = pinNow("first");
    live(30);
    reopen();
    Pin second = pinNow("second");
    live(100);
    check(first, second);
    assertThat(horizon()).isLessThanOrEqualTo(first.sequence());
    // Two times what the disk holds, what is written at present, and what is left of a segment of
    // which no entry is needed.
    assertThat(group.status().journalBytes())
        .isLessThan(
            HISTORY_BYTES
                + 2 * SECTORS * SECTOR
                + 8 * SEGMENT_BYTES
                + 140 * (SegmentHeader.BYTES + 512));

    group.unpin("first");
    live(10);
    check(second);
    assertThat(horizon()).isGreaterThan(first.sequence());
    group.unpin("second");
    live(40);
    check();
    assertThat(horizon()).isGreaterThan(second.sequence());
    assertThat(group.status().journalBytes()).isLessThan(HISTORY_BYTES + 4 * SEGMENT_BYTES);
  }

  @Test
  void aPinnedInstantOutlivesThePolicy() throws IOException {
    options =
        options
            .withHistoryBytes(1L << 40)
            .withRetention(new Retention(Duration.ofSeconds(20), List.of()));
    reopen();
    live(4);
    Pin pin = pinNow("kept");
    live(60);
    check(pin);
    try (History history = History.open(journal)) {
      assertThat(history.keptInstants()).hasSizeLessThan(8);
    }
    group.unpin("kept");
    live(4);
    assertThat(horizon()).isGreaterThan(pin.sequence());
  }

  @Test
  void whenPinsTakeMoreThanThereIsToGiveItSaysSo() throws IOException {
    live(1);
    List<Pin> pins = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      pins.add(pinNow("pin " + i));
      live(1);
    }
    live(20);
    check(pins.toArray(new Pin[0]));
    assertThat(group.status().alarm()).contains("because of 40 snapshots").contains("Delete");
    for (Pin pin : pins) {
      group.unpin(pin.name());
    }
    live(4);
    assertThat(group.status().alarm()).isNull();
  }

  @Test
  void whatIsNotThereCannotBePinnedAndNamesAreUsedOnce() throws IOException {
    live(40);
    Pin pin = pinNow("one");
    assertThatThrownBy(() -> group.pin(new Pin("one", pin.sequence(), pin.timeNanos())))
        .isInstanceOf(PinException.class)
        .hasMessageContaining("already");
    assertThatThrownBy(() -> group.pin(new Pin("gone", 1, START)))
        .isInstanceOf(PinException.class)
        .hasMessageContaining("not there any more");
    assertThatThrownBy(() -> group.unpin("two"))
        .isInstanceOf(PinException.class)
        .hasMessageContaining("no snapshot 'two'");
    assertThatThrownBy(() -> new Pin("a\nb", 1, START))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whilePinsCannotBeReadNothingIsGivenUp() throws IOException {
    live(4);
    Pin pin = pinNow("one");
    group.close();
    try (var file = journal.open(FileNames.PINS)) {
      file.write(30, ByteBuffer.wrap(new byte[] {'x'}));
    }
    group = Group.open(journal, homes, options, clock, random.split());
    long before = horizon();
    live(60);
    assertThat(horizon()).isEqualTo(before);
    assertThat(group.status().alarm()).contains("nothing is thinned or folded").contains("pins");
    assertThatThrownBy(() -> group.unpin("one")).hasMessageContaining("cannot be told");
    group.close();
    journal.delete(FileNames.PINS);
    group = Group.open(journal, homes, options, clock, random.split());
    live(4);
    assertThat(horizon()).isGreaterThan(pin.sequence());
  }
}
