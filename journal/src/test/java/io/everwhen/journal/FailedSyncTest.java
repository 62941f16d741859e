package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.SimulatedMachine.Fault;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import io.everwhen.journal.log.StoppedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A sync that fails has lost what it was to make durable: nothing may rely on it afterwards. */
class FailedSyncTest {

  private static final int SECTOR_BYTES = 512;
  private static final int SECTORS = 16;
  private static final long SEGMENT_BYTES = 16 << 10;
  private static final int SEEDS = 12;

  private static final List<Manifest.Disk> DISKS =
      List.of(new Manifest.Disk(0, "disk0", (long) SECTORS * SECTOR_BYTES, SECTOR_BYTES));

  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);

  private Group open(SimulatedMachine machine, long historyBytes, SplittableRandom random)
      throws IOException {
    GroupOptions options =
        new GroupOptions(
            new JournalOptions(SEGMENT_BYTES, 0),
            historyBytes,
            1 << 20,
            1 << 20,
            Duration.ofHours(1),
            false);
    return Group.open(machine.directory("journal"), homes(machine), options, clock, random.split());
  }

  private static List<Storage> homes(SimulatedMachine machine) {
    return List.of(machine.directory("disk0"));
  }

  private SimulatedMachine machineWithGroup(SplittableRandom random) throws IOException {
    SimulatedMachine machine = new SimulatedMachine(random.split());
    Group.create(machine.directory("journal"), homes(machine), DISKS, clock, random.split());
    return machine;
  }

  private static void write(Group group, int sector, int fill) throws IOException {
    byte[] data = new byte[SECTOR_BYTES];
    Arrays.fill(data, (byte) fill);
    group.change(() -> group.volume(0).write((long) sector * SECTOR_BYTES, ByteBuffer.wrap(data)));
    group.volume(0).settle();
  }

  private static byte read(Group group, int sector) throws IOException {
    ByteBuffer found = ByteBuffer.allocate(SECTOR_BYTES);
    group.volume(0).read((long) sector * SECTOR_BYTES, found);
    return found.get(7);
  }

  @Test
  void aCheckpointThatMayNotBeDurableIsNotReliedOnWhenTheHistoryIsFolded() throws IOException {
    for (int seed = 0; seed < SEEDS; seed++) {
      boolean hit = true;
      for (int operation = 0; hit; operation++) {
        hit = applyWithFault(new SplittableRandom(seed), operation);
      }
    }
  }

  private boolean applyWithFault(SplittableRandom random, int operation) throws IOException {
    SimulatedMachine machine = machineWithGroup(random);
    Group first = open(machine, 64 * SEGMENT_BYTES, random);
    for (int i = 0; i < 100; i++) {
      write(first, i % SECTORS, i);
      first.volume(0).flush();
    }
    // The image is brought up to date, which fails on the way, and the process dies.
    machine.arm(operation, Fault.ERROR);
    try {
      first.maintain();
    } catch (IOException e) {
      assertThat(machine.faulted()).isNotNull();
    }
    machine.kill();
    try (Group second = open(machine, 2 * SEGMENT_BYTES, random)) {
      while (second.maintain()) {
        clock.advance(1000);
      }
      machine.crash(random);
    } catch (RuntimeException e) {
      assertThat(e).hasMessageContaining("the machine is down");
    }
    try (Group third = open(machine, 64 * SEGMENT_BYTES, random)) {
      for (int i = 100 - SECTORS; i < 100; i++) {
        assertThat(read(third, i % SECTORS)).as("sector %d", i % SECTORS).isEqualTo((byte) i);
      }
    }
    return machine.faulted() != null;
  }

  @Test
  void aWriteThatAFailedSyncHasLostIsRefusedToReadersAndNotGivenAsItWasBefore() throws IOException {
    int refused = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      SimulatedMachine machine = machineWithGroup(random);
      Group group = open(machine, 64 * SEGMENT_BYTES, random);
      write(group, 0, 1);
      write(group, 1, 1);
      group.volume(0).flush();
      write(group, 1, 2);
      machine.arm(1, Fault.ERROR); // the entry is written, its sync fails
      assertThatThrownBy(group.volume(0)::flush).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> write(group, 2, 3)).isInstanceOf(StoppedException.class);
      assertThatThrownBy(group.volume(0)::flush).isInstanceOf(StoppedException.class);
      assertThat(read(group, 0)).isEqualTo((byte) 1);
      try {
        assertThat(read(group, 1)).isEqualTo((byte) 2);
      } catch (DamageException e) {
        assertThat(machine.hasLost()).isTrue();
        assertThat(e).hasMessageContaining("disk0 has lost a write");
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }
}
