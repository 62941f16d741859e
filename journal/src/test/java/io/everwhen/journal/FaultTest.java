package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.SimulatedMachine.Fault;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.log.StoppedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random histories with a failure of every single operation of each.
 *
 * <p>{@code -Deverwhen.seed=N} repeats one history, {@code -Deverwhen.fault.seeds=N} tries more.
 */
class FaultTest {

  private static final int STEPS = 120;

  @Test
  void afterAnErrorNothingAcknowledgedIsLostAndNothingIsWrong() {
    injectEverywhere(Fault.ERROR);
  }

  @Test
  void afterAShortWriteNothingAcknowledgedIsLostAndNothingIsWrong() {
    injectEverywhere(Fault.SHORT_WRITE);
  }

  @Test
  void afterASuddenLackOfSpaceNothingAcknowledgedIsLostAndNothingIsWrong() {
    injectEverywhere(Fault.NO_SPACE);
  }

  private static void injectEverywhere(Fault fault) {
    Long only = Long.getLong("everwhen.seed");
    long first = only == null ? 1 : only;
    long last = only == null ? Integer.getInteger("everwhen.fault.seeds", 4) : only;
    for (long seed = first; seed <= last; seed++) {
      boolean hit = true;
      for (long operation = 0; hit; operation++) {
        try {
          hit = runWithFault(seed, operation, fault);
        } catch (IOException | RuntimeException | AssertionError e) {
          throw new AssertionError(
              "with %s in operation %d and -Deverwhen.seed=%d: %s"
                  .formatted(fault, operation, seed, e.getMessage()),
              e);
        }
      }
    }
  }

  /** False when the history ended before the fault. */
  private static boolean runWithFault(long seed, long operation, Fault fault) throws IOException {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + operation);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    RandomHistory history = new RandomHistory(machine, seed);
    machine.arm(operation, fault);
    boolean stopped = false;
    for (int i = -2; i < STEPS && !stopped; i++) {
      try {
        switch (i) {
          case -2 -> history.create();
          case -1 -> history.open();
          default -> history.step();
        }
      } catch (IOException e) {
        assertThat(machine.faulted()).as("the operation at fault for %s", e).isNotNull();
        stopped = history.standAfter(e);
        i -= i == -2 ? 1 : 0;
      }
    }
    if (machine.faulted() == null) {
      return false;
    }
    if (stopped) {
      checkStopped(history);
    } else {
      history.checkLive();
    }
    if (random.nextBoolean()) {
      history.giveUp();
    }
    CrashChecks.crashAndCheck(history, machine, random.nextBoolean(), random);
    return true;
  }

  private static void checkStopped(RandomHistory history) throws IOException {
    history.checkLiveUpToSettled();
    ByteBuffer data = ByteBuffer.allocate(512);
    assertThatThrownBy(() -> history.group().change(() -> history.group().volume(0).write(0, data)))
        .isInstanceOf(StoppedException.class)
        .hasMessageContaining("restart");
    assertThatThrownBy(history.group().volume(0)::flush).isInstanceOf(StoppedException.class);
  }

  @Test
  void aFullJournalRefusesWritesKeepsEverythingReadableAndGoesOnWhenThereIsRoom()
      throws IOException {
    long refused = 0;
    for (long seed = 1; seed <= 40; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      SimulatedMachine machine = new SimulatedMachine(random.split());
      RandomHistory history = new RandomHistory(machine, seed);
      machine.directory("journal").setCapacity(random.nextLong(280, 700) << 10);
      try {
        history.create();
        history.open();
        for (int i = 0; i < 3 * STEPS; i++) {
          try {
            history.step();
          } catch (JournalFullException e) {
            refused++;
            assertThat(e).hasMessageContaining("is full");
            history.checkLive();
            history.flush();
            if (random.nextInt(10) == 0) {
              giveRoom(machine);
              history.write();
            }
          } catch (NoSpaceException e) {
            // Without any reserve even an index may not fit; nothing acknowledged is lost by that.
            giveRoom(machine);
            history.standAfter(e);
          }
        }
        history.checkLive();
        machine.directory("journal").setCapacity(Long.MAX_VALUE);
        CrashChecks.crashAndCheck(history, machine, random.nextBoolean(), random);
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError("with -Deverwhen.seed=%d: %s".formatted(seed, e.getMessage()), e);
      }
    }
    assertThat(refused).as("writes refused").isPositive();
  }

  private static void giveRoom(SimulatedMachine machine) {
    machine
        .directory("journal")
        .setCapacity(machine.directory("journal").usedBytes() + (400 << 10));
  }
}
