package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.io.SimulatedMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Writes to one disk of a group that depend on writes to another: at every instant, and after a
 * crash at any moment, both are as they were at the same time.
 */
class DependentWritesTest {

  private static final int NUMBERS = 60;

  @Test
  void aWriteIsNeverThereWithoutTheOneToTheOtherDiskThatWasAcknowledgedBefore() throws IOException {
    long seed = Long.getLong("everwhen.seed", new SplittableRandom().nextLong(1L << 40));
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    TwoDisks disks = new TwoDisks(machine);
    disks.create(random);
    // The last number in the table that was flushed, and that was acknowledged.
    AtomicLong flushed = new AtomicLong();
    AtomicLong settled = new AtomicLong();
    AtomicLong crashPoints = new AtomicLong();
    machine.observe(io -> {
      crashPoints.incrementAndGet();
      SplittableRandom forked = random.split();
      try {
        crashAndCheck(machine.fork(forked), flushed.get(), settled.get(), forked);
      } catch (IOException | AssertionError e) {
        throw new AssertionError(
            "after a crash before operation %d (%s), repeated by `mvn -pl journal test -Dtest=DependentWritesTest -Deverwhen.seed=%d`: %s"
                .formatted(machine.operations(), io, seed, e.getMessage()),
            e);
      }
    });
    try (Group group = disks.open(random)) {
      for (long number = 1; number <= NUMBERS; number++) {
        TwoDisks.write(group, TwoDisks.LOG, number);
        if (random.nextBoolean()) {
          group.volume(TwoDisks.LOG).flush();
          flushed.set(settled.get());
        }
        TwoDisks.write(group, TwoDisks.TABLE, number);
        settled.set(number);
        if (random.nextInt(3) == 0) {
          group.maintain();
        }
      }
    }
    disks.checkImages();
    disks.checkHistory();
    assertThat(crashPoints.get()).isGreaterThan(NUMBERS * 2);
  }

  private static void crashAndCheck(
      SimulatedMachine machine, long flushed, long settled, SplittableRandom random)
      throws IOException {
    boolean powerFails = random.nextInt(4) > 0;
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    TwoDisks disks = new TwoDisks(machine);
    disks.checkHistory();
    try (Group group = disks.open(random)) {
      assertThat(TwoDisks.checkLive(group))
          .as("the number in the table")
          .isGreaterThanOrEqualTo(powerFails ? flushed : settled);
    }
    disks.checkImages();
    disks.checkHistory();
  }

  @Test
  void thatHoldsForTwoThreadsOfWhichOneWaitsForTheOther() throws Exception {
    for (int round = 0; round < 20; round++) {
      SplittableRandom random = new SplittableRandom(round);
      SimulatedMachine machine = new SimulatedMachine(random.split());
      TwoDisks disks = new TwoDisks(machine);
      disks.create(random);
      Group group = disks.open(random);
      machine.arm(random.nextInt(20, 600), SimulatedMachine.Fault.CRASH);
      AtomicLong logged = new AtomicLong();
      AtomicBoolean down = new AtomicBoolean();
      try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
        Future<?> logger =
            executor.submit(() ->
                untilDown(
                    machine,
                    down,
                    () -> {
                      TwoDisks.write(group, TwoDisks.LOG, logged.get() + 1);
                      logged.incrementAndGet();
                    }));
        Future<?> carrier =
            executor.submit(() ->
                untilDown(
                    machine,
                    down,
                    () -> {
                      TwoDisks.write(group, TwoDisks.TABLE, logged.get());
                      group.maintain();
                    }));
        logger.get();
        carrier.get();
      }
      machine.crash(random);
      disks.checkHistory();
      try (Group again = disks.open(random)) {
        TwoDisks.checkLive(again);
      }
      disks.checkImages();
      disks.checkHistory();
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private static void untilDown(SimulatedMachine machine, AtomicBoolean down, Step step) {
    try {
      while (!down.get()) {
        step.run();
      }
    } catch (IOException e) {
      if (!machine.isDown()) {
        throw new UncheckedIOException(e);
      }
    } catch (RuntimeException e) {
      if (!machine.isDown()) {
        throw e;
      }
    } finally {
      down.set(true);
    }
  }
}
