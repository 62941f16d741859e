package io.everwhen.appliance.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.ProcessUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Hostile clients at the packaged daemon, journalling on, beside a well-behaved initiator: that
 * goes on without an error and with at least half of its throughput, the daemon's memory stays
 * within its bound, and nothing is left of an attack when it is over.
 */
@TestInstance(Lifecycle.PER_CLASS)
class HostileClientsIT {

  /** Of quiet and of attack in turns, so that what else the machine does affects both. */
  private static final int TURNS_MIN = 2;

  /** What a machine that is busy with something else gets until the medians have to be right. */
  private static final int TURNS_MAX = 20;

  /** How often is measured in a turn: that an attack begins is part of it, but not all of it. */
  private static final int ROUNDS_QUIET = 2;

  private static final int ROUNDS_ATTACKED = 6;
  private static final int ROUND_MILLIS = 300;

  /** For the attack to be over. */
  private static final int BETWEEN_MILLIS = 200;

  /** For the neighbour, the attacker, and the daemon at what the attacker wants. */
  private static final int CORES_ENOUGH = 3;

  private static final double RATIO_MIN = 0.5;

  /** Heap (512 MiB), buffers outside of it (512 MiB), and the JVM itself. */
  private static final long OWN_BYTES_MAX = 1280L << 20;

  /** Files and threads that come and go by themselves: segments, compilers, collectors. */
  private static final int FILES_TOLERANCE = 16;

  private static final int THREADS_TOLERANCE = 24;
  private static final int SETTLE_SECONDS_MAX = 180;
  private static final int LOG_LINES_MAX = 10_000;

  private @Nullable Daemon running;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    LibiscsiInitiator.need();
    running = new Daemon(directory, "--disk", "attacked=64MiB", "--disk", "quiet=64MiB").start();
  }

  @AfterAll
  void stop() {
    if (running != null) {
      running.close();
    }
  }

  private Daemon daemon() {
    return Objects.requireNonNull(running, "not started");
  }

  private Attacker attacker() {
    return new Attacker(daemon().port(), "iqn.2026-11.io.everwhen:attacked");
  }

  @ParameterizedTest
  @EnumSource
  void theNeighbourKeepsHalfOfItsThroughputAndTheDaemonItsBounds(Attack attack) throws Exception {
    if (attack == Attack.HALF_OPEN) {
      needFiles(Attack.HALF_OPEN_CONNECTIONS + 500);
    }
    ProcessUse before = ProcessUse.of(daemon().pid());
    try (Neighbour neighbour =
        new Neighbour(
            daemon().url("quiet"), "iqn.2026-11.test:neighbour", attack.name().hashCode())) {
      List<Double> alone = new ArrayList<>();
      List<Double> besideOthers = new ArrayList<>();
      List<Double> attacked = new ArrayList<>();
      double ratio = 0;
      int turns = 0;
      try (Attacker attacker = attacker()) {
        while (neighbour.failure() == null
            && turns < TURNS_MAX
            && (ratio < RATIO_MIN || turns < TURNS_MIN)) {
          Thread.sleep(BETWEEN_MILLIS);
          alone.addAll(rates(neighbour, ROUNDS_QUIET));
          besideOthers.addAll(busyRates(neighbour));
          attacked.addAll(ratesUnder(attack, attacker, neighbour));
          ratio = median(attacked) / Math.min(median(alone), median(besideOthers));
          turns++;
        }
      }
      tell("%s: %.2f of the neighbour's throughput after %d turns".formatted(attack, ratio, turns));
      assertThat(neighbour.failure()).as("the neighbour's error").isNull();
      assertThat(ratio)
          .as("what is left of the neighbour's throughput")
          .isGreaterThanOrEqualTo(RATIO_MIN);
    }
    awaitWhatWasBefore(before);
    assertSound();
  }

  /** Half-open connections by the thousand, all at once. */
  @Test
  void tenThousandHalfOpenConnectionsHoldNothing() throws Exception {
    needFiles(Attack.HALF_OPEN_CONNECTIONS + 500);
    ProcessUse before = ProcessUse.of(daemon().pid());
    try (Neighbour neighbour =
            new Neighbour(daemon().url("quiet"), "iqn.2026-11.test:neighbour", 1000);
        Attacker attacker = attacker()) {
      while (attacker.held() < Attack.HALF_OPEN_CONNECTIONS) {
        Attack.HALF_OPEN.strike(attacker);
      }
      // Who comes now is served: the oldest of those that do not log in make room.
      LibiscsiInitiator.connect(daemon().url("attacked")).close();
      long done = neighbour.commands();
      while (neighbour.failure() == null && neighbour.commands() < done + 100) {
        Thread.sleep(10);
      }
      assertThat(neighbour.failure()).isNull();
    }
    awaitWhatWasBefore(before);
    assertSound();
  }

  /** A valid conversation, cut after each of its bytes. */
  @Test
  void noPlaceToCutAConversationIsMissed() throws Exception {
    ProcessUse before = ProcessUse.of(daemon().pid());
    try (Attacker attacker = attacker()) {
      int length = Attack.conversation(attacker).remaining();
      for (int cut = 0; cut < length; cut++) {
        Attack.CUT_SHORT.strike(attacker);
      }
    }
    awaitWhatWasBefore(before);
    assertSound();
  }

  /**
   * Beside as many busy threads as the attack has to share cores with: that it takes its part of
   * them is not the daemon's doing. Nor is it that an idle core takes longer to wake up: an attack
   * that only holds what it has is compared with the neighbour alone.
   */
  private static List<Double> busyRates(Neighbour neighbour) throws InterruptedException {
    List<Thread> busy = new ArrayList<>();
    for (int i = Runtime.getRuntime().availableProcessors(); i < CORES_ENOUGH; i++) {
      busy.add(Thread.ofPlatform().start(HostileClientsIT::spin));
    }
    try {
      return rates(neighbour, ROUNDS_QUIET);
    } finally {
      busy.forEach(Thread::interrupt);
      for (Thread thread : busy) {
        thread.join();
      }
    }
  }

  private static void spin() {
    while (!Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
  }

  private static List<Double> ratesUnder(Attack attack, Attacker attacker, Neighbour neighbour)
      throws Exception {
    AtomicInteger strikes = new AtomicInteger();
    Thread thread = Thread.ofPlatform().start(() -> strike(attack, attacker, strikes));
    try {
      while (strikes.get() == 0 && thread.isAlive()) {
        Thread.sleep(1);
      }
      assertThat(strikes.get()).as("strikes of %s", attack).isPositive();
      return rates(neighbour, ROUNDS_ATTACKED);
    } finally {
      thread.interrupt();
      thread.join();
      attacker.letGo();
    }
  }

  private static double median(List<Double> rates) {
    return rates.stream().sorted().skip(rates.size() / 2).findFirst().orElseThrow();
  }

  /** Strikes until it is interrupted; being thrown out is no reason to stop. */
  private static void strike(Attack attack, Attacker attacker, AtomicInteger strikes) {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        attack.strike(attacker);
      } catch (IOException _) {
        // Thrown out, or interrupted.
      }
      strikes.incrementAndGet();
    }
  }

  private static List<Double> rates(Neighbour neighbour, int rounds) throws InterruptedException {
    List<Double> rates = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      rates.add(rate(neighbour));
    }
    return rates;
  }

  private static double rate(Neighbour neighbour) throws InterruptedException {
    long start = System.nanoTime();
    long before = neighbour.commands();
    Thread.sleep(ROUND_MILLIS);
    return (neighbour.commands() - before) * 1e9 / (System.nanoTime() - start);
  }

  private void awaitWhatWasBefore(ProcessUse before) throws IOException, InterruptedException {
    ProcessUse now = ProcessUse.of(daemon().pid());
    for (int i = 0; i < SETTLE_SECONDS_MAX * 10 && !within(before, now); i++) {
      Thread.sleep(100);
      now = ProcessUse.of(daemon().pid());
    }
    tell("before %s, after %s, lines logged %d".formatted(before, now, daemon().outputLines()));
    assertThat(within(before, now)).as("before %s, after %s", before, now).isTrue();
    assertThat(now.ownBytes()).as("%s", now).isLessThan(OWN_BYTES_MAX);
  }

  /** Tells what was seen, whether it is asserted or not. */
  private static void tell(String what) {
    System.out.println("HostileClientsIT: " + what);
  }

  private static boolean within(ProcessUse before, ProcessUse now) {
    return now.files() <= before.files() + FILES_TOLERANCE
        && now.threads() <= before.threads() + THREADS_TOLERANCE;
  }

  private void assertSound() throws Exception {
    String output = daemon().output();
    assertThat(output).doesNotContain(" ERROR ", "OutOfMemoryError", "internal error");
    assertThat(daemon().outputLines()).as("lines logged").isLessThan(LOG_LINES_MAX);
    try (LibiscsiInitiator initiator = daemon().connect("attacked")) {
      initiator.read(0, 1);
    }
  }

  private static void needFiles(int count) throws IOException {
    Matcher limit =
        Pattern.compile("Max open files\\s+(\\d+|unlimited)")
            .matcher(Files.readString(Path.of("/proc/self/limits")));
    Needs.require(
        limit.find()
            && (limit.group(1).equals("unlimited") || Integer.parseInt(limit.group(1)) >= count),
        "needs " + count + " open files: raise ulimit -n");
  }
}
