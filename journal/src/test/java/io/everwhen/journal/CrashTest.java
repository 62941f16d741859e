package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.io.SimulatedMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * From one seed, random histories; a crash before every single operation of each; and after it
 * everything that is promised is checked against the oracle.
 *
 * <p>{@code -Deverwhen.seed=N} repeats one history, {@code -Deverwhen.crash.points=N} and {@code
 * -Deverwhen.crash.seconds=S} look for longer.
 */
class CrashTest {

  private static final int STEPS = 160;
  private static final int MIN_CRASH_POINTS = Integer.getInteger("everwhen.crash.points", 100_000);

  private final AtomicLong crashPoints = new AtomicLong();
  // New histories in every run.
  private final long firstSeed = new SplittableRandom().nextLong(1L << 40);
  private final AtomicLong nextSeed = new AtomicLong(firstSeed);
  private final AtomicBoolean failed = new AtomicBoolean();

  @Test
  void afterACrashAtAnyMomentEverythingPromisedIsThere() throws Exception {
    Long only = Long.getLong("everwhen.seed");
    if (only != null) {
      runHistory(only);
      return;
    }
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(Integer.getInteger("everwhen.crash.seconds", 0));
    int threads = Runtime.getRuntime().availableProcessors();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(executor.submit(() -> runHistories(end)));
      }
      for (Future<?> future : running) {
        future.get();
      }
    }
    System.out.printf(
        "%d crash points in %d histories, %d seconds%n",
        crashPoints.get(),
        nextSeed.get() - firstSeed,
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    assertThat(crashPoints.get()).isGreaterThanOrEqualTo(MIN_CRASH_POINTS);
  }

  private void runHistories(long end) {
    while (!failed.get() && (crashPoints.get() < MIN_CRASH_POINTS || System.nanoTime() < end)) {
      boolean done = false;
      try {
        runHistory(nextSeed.getAndIncrement());
        done = true;
      } finally {
        failed.compareAndSet(false, !done);
      }
    }
  }

  private void runHistory(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedMachine machine = new SimulatedMachine(random.split());
    RandomHistory history = new RandomHistory(machine, seed);
    machine.observe(io -> {
      crashPoints.incrementAndGet();
      SplittableRandom forkRandom = random.split();
      long point = machine.operations();
      try {
        CrashChecks.crashAndCheck(history, machine.fork(forkRandom.split()), forkRandom);
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError(
            "after a crash before operation %d (%s), repeated by `mvn -pl journal test -Dtest=CrashTest -Deverwhen.seed=%d`: %s"
                .formatted(point, io, seed, e.getMessage()),
            e);
      }
    });
    try {
      history.create();
      history.open();
      for (int i = 0; i < STEPS; i++) {
        history.step();
      }
      LiveChecks.check(history);
      history.close();
      machine.observe(null);
      PastChecks.check(RandomHistory.journalOf(machine), history.oracle(), 10, random);
    } catch (IOException e) {
      throw new UncheckedIOException("with -Dtest=CrashTest -Deverwhen.seed=" + seed, e);
    }
  }
}
