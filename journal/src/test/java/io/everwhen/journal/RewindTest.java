package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
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

  @Test
  void aRewindCanBeRewound() throws IOException {
    SplittableRandom random = new SplittableRandom();
    SimulatedMachine machine = new SimulatedMachine(random);
    Storage journal = machine.directory("journal");
    List<Storage> homes = List.of(machine.directory("disk0"));
    SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L, 1000);
    GroupOptions options =
        new GroupOptions(
            new JournalOptions(1 << 20, 0), 64 << 20, 1 << 20, 2 << 20, Duration.ofHours(1), false);
    Group.create(
        journal, homes, List.of(new Manifest.Disk(0, "disk0", 1 << 20, 512)), clock, random);
    try (Group group = Group.open(journal, homes, options, clock, random)) {
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
        clock.advance(1000);
      }
      assertThat(group.fillingBytes(0)).isZero();
      assertThat(read(group, 0)).isEqualTo((byte) 2);
      assertThat(read(group, 512)).isEqualTo((byte) 3);
      assertThat(journal.exists("rewind-0")).isFalse();
      assertThatThrownBy(() -> group.rewind(0, 1_000)).hasMessageContaining("entry 1000");
    }
    try (History history = History.open(journal)) {
      assertThat(history.marks()).extracting(History.Mark::name).containsExactly("one", "two");
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
