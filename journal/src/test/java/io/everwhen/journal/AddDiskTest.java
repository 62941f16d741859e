package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.SimulatedMachine;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A disk that joins a group which has a history already. */
class AddDiskTest {

  private static final int NUMBERS = 60;

  @Test
  void aDiskJoinsAGroupWithAHistoryWhateverMomentACrashComesAt() throws IOException {
    long seed = Long.getLong("everwhen.seed", new SplittableRandom().nextLong(1L << 40));
    for (long before = 0; before <= NUMBERS; before += NUMBERS / 2) {
      crashAtEveryOperation(before, seed);
    }
  }

  /**
   * @param before the numbers in the log before the table comes: from none to so many that some are
   *     in the baseline
   */
  private static void crashAtEveryOperation(long before, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed + before);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    TwoDisks disks = new TwoDisks(machine);
    disks.createLog(random);
    AtomicLong crashPoints = new AtomicLong();
    AtomicLong settled = new AtomicLong();
    AtomicBoolean added = new AtomicBoolean();
    try (Group group = disks.open(random)) {
      for (long number = 1; number <= before; number++) {
        TwoDisks.write(group, TwoDisks.LOG, number);
        group.maintain();
      }
      group.volume(TwoDisks.LOG).flush();
      machine.observe(io -> {
        crashPoints.incrementAndGet();
        SplittableRandom forked = random.split();
        try {
          crashAndCheck(machine.fork(forked), before, added.get(), settled.get(), forked);
        } catch (IOException | AssertionError e) {
          throw new AssertionError(
              "%d numbers before, after a crash before operation %d (%s), repeated by `mvn -pl journal test -Dtest=AddDiskTest -Deverwhen.seed=%d`: %s"
                  .formatted(before, machine.operations(), io, seed, e.getMessage()),
              e);
        }
      });
      assertThat(disks.addTable(group)).isTrue();
      added.set(true);
      for (long number = before + 1; number <= before + NUMBERS; number++) {
        TwoDisks.write(group, TwoDisks.LOG, number);
        TwoDisks.write(group, TwoDisks.TABLE, number);
        settled.set(number);
        group.maintain();
      }
    }
    disks.checkImages();
    disks.checkHistory();
    try (History history = History.open(disks.journal())) {
      assertThat(history.manifest().baseline().sequence()).as("something was folded").isPositive();
    }
    assertThat(crashPoints.get()).isGreaterThan(NUMBERS * 2);
  }

  private static void crashAndCheck(
      SimulatedMachine machine, long before, boolean added, long settled, SplittableRandom random)
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
      boolean lacked = disks.addTable(group);
      assertThat(lacked && added).as("the table was lost").isFalse();
      long carried = TwoDisks.checkLive(group);
      assertThat(carried).isGreaterThanOrEqualTo(powerFails ? 0 : settled);
      long next = Math.max(before, carried) + 1;
      TwoDisks.write(group, TwoDisks.LOG, next);
      TwoDisks.write(group, TwoDisks.TABLE, next);
    }
    disks.checkImages();
    disks.checkHistory();
  }

  @Test
  void onlyADiskWithTheNextNumberCanJoin() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    TwoDisks disks = new TwoDisks(machine);
    disks.create(random);
    try (Group group = disks.open(random)) {
      assertThatThrownBy(
              () -> group.add(new Manifest.Disk(1, "other", 512, 512), machine.directory("other")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("has number 2, not 1");
      TwoDisks.write(group, TwoDisks.LOG, 1);
      TwoDisks.write(group, TwoDisks.TABLE, 1);
    }
    disks.checkImages();
  }
}
