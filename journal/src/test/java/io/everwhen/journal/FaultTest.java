package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.SimulatedMachine.Fault;
import io.everwhen.journal.io.SimulatedStorage;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.log.StoppedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Random histories with a failure of every single operation of each.
 *
 * <p>{@code -Deverwhen.seed=N} repeats one history, with {@code -Deverwhen.operation=N} one failure
 * of it; {@code -Deverwhen.fault.seeds=N} tries more.
 */
class FaultTest {

  private static final int STEPS = 100;

  // New histories in every run.
  private static final long FIRST_SEED = new SplittableRandom().nextLong(1L << 40);

  @Test
  void afterAnErrorOrAFailedSyncNothingAcknowledgedIsLostAndNothingIsWrong() throws Exception {
    injectEverywhere(Fault.ERROR);
  }

  @Test
  void afterAShortWriteNothingAcknowledgedIsLostAndNothingIsWrong() throws Exception {
    injectEverywhere(Fault.SHORT_WRITE);
  }

  @Test
  void afterASuddenLackOfSpaceNothingAcknowledgedIsLostAndNothingIsWrong() throws Exception {
    injectEverywhere(Fault.NO_SPACE);
  }

  @Test
  void afterAFailedReadNothingAcknowledgedIsLostAndNothingIsWrong() throws Exception {
    injectEverywhere(Fault.FAILED_READ);
  }

  private static void injectEverywhere(Fault fault) throws Exception {
    Long only = Long.getLong("everwhen.seed");
    int seeds = only == null ? Integer.getInteger("everwhen.fault.seeds", 4) : 1;
    int threads = Math.min(seeds, Runtime.getRuntime().availableProcessors());
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < seeds; i++) {
        long seed = only == null ? FIRST_SEED + i : only;
        running.add(
            executor.submit(() -> {
              Long onlyOperation = Long.getLong("everwhen.operation");
              boolean hit = true;
              for (long o = onlyOperation == null ? 0 : onlyOperation; hit; o++) {
                hit = runReported(seed, o, fault) && onlyOperation == null;
              }
            }));
      }
      for (Future<?> future : running) {
        future.get();
      }
    }
  }

  private static boolean runReported(long seed, long operation, Fault fault) {
    try {
      return runWithFault(seed, operation, fault);
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(
          "%s, repeated by `mvn -pl journal test -Dtest=FaultTest -Deverwhen.seed=%d -Deverwhen.operation=%d`: %s"
              .formatted(fault, seed, operation, e.getMessage()),
          e);
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
      LiveChecks.check(history);
    }
    if (random.nextBoolean()) {
      history.giveUp();
    }
    if (random.nextBoolean()) {
      // What the system only pretends to have may be needed much later.
      history = history.afterKill();
      history.open();
      for (int i = random.nextInt(STEPS / 2); i > 0; i--) {
        history.step();
      }
    }
    CrashChecks.crashAndCheck(history, machine, random.nextBoolean(), random);
    return true;
  }

  private static void checkStopped(RandomHistory history) throws IOException {
    LiveChecks.checkUpToSettled(history, history.machine().hasLost());
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
      try {
        history.create();
        SimulatedStorage journal = machine.directory("journal");
        journal.setCapacity(
            journal.usedBytes()
                + history.options().journal().reserveBytes()
                + (random.nextLong(70, 175) << 10));
        history.open();
        for (int i = 0; i < 3 * STEPS; i++) {
          try {
            history.step();
          } catch (JournalFullException e) {
            refused++;
            assertThat(e).hasMessageContaining("is full");
            LiveChecks.check(history);
            history.flush();
            if (random.nextInt(10) == 0) {
              giveRoom(history);
              history.write();
            }
          } catch (NoSpaceException e) {
            // Without any reserve even an index may not fit; nothing acknowledged is lost by that.
            giveRoom(history);
            history.standAfter(e);
          }
        }
        LiveChecks.check(history);
        machine.directory("journal").setCapacity(Long.MAX_VALUE);
        CrashChecks.crashAndCheck(history, machine, random.nextBoolean(), random);
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError("with -Deverwhen.seed=%d: %s".formatted(seed, e.getMessage()), e);
      }
    }
    assertThat(refused).as("writes refused").isPositive();
  }

  private static void giveRoom(RandomHistory history) {
    SimulatedStorage journal = history.machine().directory("journal");
    journal.setCapacity(
        journal.usedBytes() + history.options().journal().reserveBytes() + (100 << 10));
  }
}
