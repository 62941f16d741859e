package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.Marks;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import io.everwhen.journal.log.StoppedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Disks that are rewound, rewound again before they are filled in, written, resized, thinned and
 * folded meanwhile, with crashes at any operation: each instant equals an oracle that knows the
 * content after every change, and nothing of how it is stored.
 *
 * <p>{@code -Deverwhen.seed=N} repeats one history, {@code -Deverwhen.rewind.histories=N} makes
 * more.
 */
class RewindTest {

  private static final int STEPS = 120;
  private static final int HISTORIES = Integer.getInteger("everwhen.rewind.histories", 60);

  private static final int FAULTS = 5 * HISTORIES;

  /** One in so many operations is preceded by a crash. */
  private static final int CRASHES = 12;

  // New histories in every run.
  private final long firstSeed = new SplittableRandom().nextLong(1L << 40);

  private long crashes;
  private long instants;
  private long filling;

  @Test
  void everyInstantIsRightWhateverIsRewoundAndWheneverItCrashes() {
    Long only = Long.getLong("everwhen.seed");
    for (int i = 0; i < (only == null ? HISTORIES : 1); i++) {
      run(only == null ? firstSeed + i : only);
    }
    System.out.printf(
        "%d crashes, %d instants compared, %d of them while a disk was being filled in%n",
        crashes, instants, filling);
    assertThat(filling).isPositive();
  }

  private void run(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    RewoundHistory history = new RewoundHistory(machine, random.split());
    machine.observe(io -> {
      if (history.isOpen() && random.nextInt(CRASHES) == 0) {
        crashes++;
        long point = machine.operations();
        try {
          crashAndCheck(history, machine.fork(random.split()), random.split());
        } catch (IOException | RuntimeException | AssertionError e) {
          throw new AssertionError(
              "after a crash before operation %d (%s), repeated by `mvn -pl journal test -Dtest=RewindTest -Deverwhen.seed=%d`: %s"
                  .formatted(point, io, seed, e.getMessage()),
              e);
        }
      }
    });
    try {
      history.create();
      history.open();
      for (int i = 0; i < STEPS; i++) {
        history.step();
      }
      history.checkLive();
      check(history, 50);
      history.close();
      machine.observe(null);
      check(history, 50);
      history.open();
      history.finishFilling();
      history.checkLive();
      history.close();
      history.checkImages();
      check(history, 50);
    } catch (IOException e) {
      throw new UncheckedIOException("with -Dtest=RewindTest -Deverwhen.seed=" + seed, e);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "with -Dtest=RewindTest -Deverwhen.seed=" + seed + ": " + e.getMessage(), e);
    }
  }

  private void check(RewoundHistory history, int count) throws IOException {
    RewoundHistory.Checked checked = history.checkInstants(count);
    instants += checked.instants();
    filling += checked.whileFilling();
  }

  @Test
  void afterAFaultNothingAcknowledgedIsLostAndNothingIsWrong() {
    Long only = Long.getLong("everwhen.seed");
    long hit = 0;
    for (int i = 0; i < (only == null ? FAULTS : 1); i++) {
      long seed = only == null ? firstSeed + i : only;
      try {
        hit += runWithFault(seed) ? 1 : 0;
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError(
            "with -Dtest=RewindTest -Deverwhen.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
    System.out.printf("%d faults%n", hit);
    assertThat(hit).isPositive();
  }

  /** Whether the fault came before the history ended. */
  private boolean runWithFault(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    RewoundHistory history = new RewoundHistory(machine, random.split());
    history.create();
    history.open();
    SimulatedMachine.Fault[] faults = {
      SimulatedMachine.Fault.ERROR,
      SimulatedMachine.Fault.SHORT_WRITE,
      SimulatedMachine.Fault.NO_SPACE,
      SimulatedMachine.Fault.FAILED_SYNC,
      SimulatedMachine.Fault.FAILED_READ
    };
    machine.arm(random.nextInt(1500), faults[random.nextInt(faults.length)]);
    try {
      for (int i = 0; i < STEPS; i++) {
        history.step();
      }
    } catch (IOException e) {
      if (machine.faulted() == null) {
        throw e;
      }
    }
    boolean hit = machine.faulted() != null;
    machine.disarm();
    boolean powerFails = random.nextBoolean() || machine.hasLost();
    history.forget();
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    RewoundHistory after = history.on(machine, random);
    after.openAfterCrash(powerFails);
    check(after, 20);
    for (int i = 0; i < STEPS / 4; i++) {
      after.step();
    }
    after.finishFilling();
    after.checkLive();
    after.close();
    check(after, 20);
    return hit;
  }

  private void crashAndCheck(RewoundHistory made, SimulatedMachine machine, SplittableRandom random)
      throws IOException {
    boolean powerFails = random.nextBoolean();
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    RewoundHistory after = made.on(machine, random);
    while (random.nextInt(3) == 0) {
      machine.arm(random.nextInt(30), SimulatedMachine.Fault.CRASH);
      try {
        after.openAfterCrash(powerFails);
        machine.disarm();
        after.close();
      } catch (IOException | RuntimeException e) {
        if (!machine.isDown()) {
          throw e;
        }
        machine.crash(random);
        after.forget();
        powerFails = true;
      }
    }
    after.openAfterCrash(powerFails);
    check(after, 10);
    for (int i = random.nextInt(10); i > 0; i--) {
      after.step();
    }
    after.checkLive();
    after.close();
    check(after, 5);
  }

  /** A group of a disk of a MiB, on a machine of its own. */
  private static final class OneDisk {

    private final SplittableRandom random;
    private final SimulatedMachine machine;
    private final Storage journal;
    private final List<Storage> homes;
    private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L, 1000);
    private final GroupOptions options;

    OneDisk(long seed, int segmentBytes, int applyBytes) throws IOException {
      random = new SplittableRandom(seed);
      machine = new SimulatedMachine(random);
      journal = machine.directory("journal");
      homes = List.of(machine.directory("disk0"));
      options =
          new GroupOptions(
              new JournalOptions(segmentBytes, 0),
              64 << 20,
              applyBytes,
              2 << 20,
              Duration.ofHours(1),
              false);
      Group.create(
          journal, homes, List.of(new Manifest.Disk(0, "disk0", 1 << 20, 512)), clock, random);
    }

    Group open() throws IOException {
      return Group.open(journal, homes, options, clock, random);
    }
  }

  @Test
  void aRewindCanBeRewound() throws IOException {
    OneDisk disk = new OneDisk(new SplittableRandom().nextLong(), 1 << 20, 1 << 20);
    try (Group group = disk.open()) {
      write(group, 0, 1);
      long one = group.mark("one");
      write(group, 0, 2);
      write(group, 65536, 2);
      long two = group.mark("two");
      assertThat(group.rewind(0, one)).isGreaterThan(two);
      assertThat(group.fillingBytes(0)).isEqualTo(2 * 4096);
      assertThat(read(group, 0)).isEqualTo((byte) 1);
      assertThat(read(group, 65536)).isZero();
      group.rewind(0, two);
      assertThat(read(group, 0)).isEqualTo((byte) 2);
      assertThat(read(group, 65536)).isEqualTo((byte) 2);
      write(group, 512, 3);
      while (group.maintain()) {
        disk.clock.advance(1000);
      }
      assertThat(group.fillingBytes(0)).isZero();
      assertThat(read(group, 0)).isEqualTo((byte) 2);
      assertThat(read(group, 512)).isEqualTo((byte) 3);
      assertThat(disk.journal.exists("rewind-0")).isFalse();
      assertThatThrownBy(() -> group.rewind(0, 1_000)).hasMessageContaining("entry 1000");
    }
    try (History history = History.open(disk.journal)) {
      assertThat(history.marks().all()).extracting(Marks.Mark::name).containsExactly("one", "two");
    }
  }

  @Test
  void theManifestKnowsOfRewindsWhateverFailedBeforeTheOneThatSucceeded() throws IOException {
    int failed = 0;
    boolean hit = true;
    for (int operations = 0; hit; operations++) {
      OneDisk disk = new OneDisk(operations, 1 << 20, 8192);
      Group group = disk.open();
      write(group, 0, 1);
      long one = group.mark("one");
      write(group, 0, 2);
      disk.machine.arm(operations, SimulatedMachine.Fault.ERROR);
      try {
        group.rewind(0, one);
      } catch (IOException e) {
        failed++;
      }
      hit = disk.machine.faulted() != null;
      disk.machine.disarm();
      if (group.status().failure() == null) {
        group.rewind(0, one);
        assertThat(read(group, 0)).isEqualTo((byte) 1);
        assertThat(new JournalFiles(disk.journal).readManifest().rewinds())
            .as("after operation %d had failed", operations)
            .isTrue();
      }
      disk.machine.crash(disk.random);
    }
    assertThat(failed).isPositive();
  }

  @Test
  void everyInstantStaysWhateverFailsOnceWhileItIsFilledIn() throws IOException {
    int stopped = 0;
    int operations = 0;
    while (true) {
      OneDisk disk = new OneDisk(operations, 1 << 20, 8192);
      try (Group group = disk.open()) {
        write(group, 0, 1);
        long one = group.mark("one");
        write(group, 0, 2);
        write(group, 65536, 2);
        group.rewind(0, one);
        disk.machine.arm(operations, SimulatedMachine.Fault.ERROR);
        boolean failed = false;
        for (int i = 0; i < 20 && group.status().failure() == null; i++) {
          try {
            group.maintain();
          } catch (IOException e) {
            failed = true;
          }
          disk.clock.advance(1_000_000_000);
        }
        boolean hit = disk.machine.faulted() != null;
        disk.machine.disarm();
        if (!hit) {
          assertThat(failed).isFalse();
          break;
        }
        if (group.status().failure() != null) {
          stopped++;
        } else {
          assertThat(group.fillingBytes(0)).isZero();
          assertThat(group.status().alarm()).isNull();
          write(group, 512, 3);
        }
      } catch (StoppedException e) {
        // What failed was a write or a sync of the journal; the next opening goes on.
      }
      try (Group again = disk.open()) {
        assertThat(read(again, 0)).isEqualTo((byte) 1);
        assertThat(read(again, 65536)).isZero();
      }
      try (History history = History.open(disk.journal)) {
        for (long sequence = 0; sequence <= history.head().sequence(); sequence++) {
          assertThat(history.isKept(sequence))
              .as("entry %d after operation %d failed", sequence, operations)
              .isTrue();
        }
      }
      operations++;
    }
    System.out.printf("%d operations failed, %d of them stopped it%n", operations, stopped);
    assertThat(operations).isGreaterThan(stopped);
  }

  @Test
  void whatARewindIntoTheFillingOfAnotherNeedsStaysWhenRoomIsMade() throws IOException {
    int operations = 0;
    int refused = 0;
    boolean hit = true;
    while (hit) {
      OneDisk disk = new OneDisk(operations, 16 << 10, 8192);
      Group group = disk.open();
      write(group, 0, 1);
      long one = group.mark("one");
      fill(group, 40);
      write(group, 0, 2);
      group.rewind(0, one);
      write(group, 512, 3);
      long filling = group.mark("while it is filled in");
      maintain(group, disk.clock);
      write(group, 512, 4);
      group.rewind(0, filling);
      disk.machine.arm(operations, SimulatedMachine.Fault.NO_SPACE);
      try {
        fill(group, 40);
      } catch (IOException e) {
        // Without an instant that is needed there is no room, or the journal has stopped.
        refused++;
      }
      hit = disk.machine.faulted() != null;
      disk.machine.disarm();
      disk.machine.crash(disk.random);
      try (Group again = disk.open()) {
        assertThat(again.fillingBytes(0)).isPositive();
        assertThat(read(again, 0)).as("operation %d", operations).isEqualTo((byte) 1);
        assertThat(read(again, 512)).as("operation %d", operations).isEqualTo((byte) 3);
        maintain(again, disk.clock);
        assertThat(again.fillingBytes(0)).isZero();
      }
      operations++;
    }
    assertThat(refused).isPositive().isLessThan(operations);
  }

  private static void maintain(Group group, SimulatedClock clock) throws IOException {
    while (group.maintain()) {
      clock.advance(1_000_000_000);
    }
  }

  /** Makes history, somewhere behind what is looked at. */
  private static void fill(Group group, int writes) throws IOException {
    for (int i = 0; i < writes; i++) {
      write(group, 4096 + i * 512, 7);
    }
  }

  private static void write(Group group, long offset, int value) throws IOException {
    byte[] data = new byte[512];
    java.util.Arrays.fill(data, (byte) value);
    group.change(() -> group.volume(0).write(offset, ByteBuffer.wrap(data)));
    group.volume(0).settle();
  }

  private static byte read(Group group, long offset) throws IOException {
    ByteBuffer sector = ByteBuffer.allocate(512);
    group.volume(0).read(offset, sector);
    return sector.get(0);
  }
}
