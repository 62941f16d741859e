package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal on a volume of which nothing is kept in reserve, full to the last page. */
class FullJournalTest {

  private static final int SECTOR_BYTES = 512;
  private static final int SECTORS = 16;
  private static final int PAGE_BYTES = 4096;

  private static final GroupOptions OPTIONS =
      new GroupOptions(
          new JournalOptions(16 << 10, 0), 1 << 30, 8 << 10, 16 << 10, Duration.ofHours(1), false);

  private static final List<Manifest.Disk> DISKS =
      List.of(new Manifest.Disk(0, "disk0", (long) SECTORS * SECTOR_BYTES, SECTOR_BYTES));

  private final SplittableRandom random = new SplittableRandom(1);
  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);
  private final SimulatedMachine machine = new SimulatedMachine(random.split());
  private final byte[] expected = new byte[SECTORS * SECTOR_BYTES];
  private int writes;

  private Group open() throws IOException {
    return Group.open(machine.directory("journal"), homes(), OPTIONS, clock, random.split());
  }

  private List<Storage> homes() {
    return List.of(machine.directory("disk0"));
  }

  private void write(Group group) throws IOException {
    byte[] data = new byte[SECTOR_BYTES];
    int at = writes % SECTORS * SECTOR_BYTES;
    Arrays.fill(data, (byte) (writes + 1));
    group.change(() -> group.volume(0).write(at, ByteBuffer.wrap(data)));
    group.volume(0).settle();
    System.arraycopy(data, 0, expected, at, SECTOR_BYTES);
    writes++;
  }

  private void check(Group group) throws IOException {
    byte[] found = new byte[expected.length];
    group.volume(0).read(0, ByteBuffer.wrap(found));
    assertThat(found).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void withoutRoomForAnIndexWritesAreRefusedItIsClosedAndNothingIsLost(int pages)
      throws IOException {
    // The manifest and four segments, and some pages for indexes or none.
    long capacity = PAGE_BYTES + 4 * OPTIONS.journal().segmentBytes() + (long) pages * PAGE_BYTES;
    Storage journal = machine.directory("journal");
    Group.create(journal, homes(), DISKS, clock, random.split());
    machine.directory("journal").setCapacity(capacity);
    try (Group group = open()) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  write(group);
                }
              })
          .isInstanceOf(JournalFullException.class)
          .hasMessageContaining("is full")
          .hasMessageContaining("free space");
      assertThat(writes).isGreaterThan(40);
      check(group);
      group.volume(0).flush();
      assertThatThrownBy(() -> write(group)).isInstanceOf(JournalFullException.class);
      check(group);
    }
    try (Group group = open()) {
      check(group);
    } catch (NoSpaceException e) {
      // Every segment is filled to the last page: one page has to be freed.
      assertThat(e).hasMessageContaining("no space left on the volume of journal/index");
    }
    machine.directory("journal").setCapacity(2 * capacity);
    try (Group group = open()) {
      check(group);
      write(group);
      check(group);
    }
    try (Group group = open()) {
      check(group);
    }
  }
}
