package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.io.SimulatedMachine;
import java.io.IOException;
import java.util.SplittableRandom;

/** What must hold after a crash, whatever else happens then. */
final class CrashChecks {

  /** Checked after a recovery. */
  private static final int INSTANTS = 50;

  private CrashChecks() {}

  /** Lets the power fail, or the process die, and checks. */
  static void crashAndCheck(
      RandomHistory history, SimulatedMachine machine, SplittableRandom random) throws IOException {
    crashAndCheck(history, machine, random.nextInt(4) > 0, random);
  }

  static void crashAndCheck(
      RandomHistory history, SimulatedMachine machine, boolean powerFails, SplittableRandom random)
      throws IOException {
    if (powerFails) {
      machine.crash(random);
    } else {
      machine.kill();
    }
    long kept = powerFails || machine.hasLost() ? history.flushed() : history.settled();
    if (!history.created()) {
      new RandomHistory(history, machine, history.oracle().upTo(0), 0, random.nextLong()).create();
    } else if (random.nextInt(4) == 0) {
      // Somebody looks before the group is opened again.
      long head = PastChecks.check(RandomHistory.journalOf(machine), history.oracle(), 1, random);
      assertThat(head).as("the head, seen before recovery").isGreaterThanOrEqualTo(kept);
    }
    boolean crashedAgain = recoverWithCrashes(history, machine, random);
    kept = crashedAgain ? history.flushed() : kept;
    long head =
        PastChecks.check(RandomHistory.journalOf(machine), history.oracle(), INSTANTS, random);
    assertThat(head).as("the head").isGreaterThanOrEqualTo(kept);
    PastChecks.checkPins(RandomHistory.journalOf(machine), history);
    long durable = powerFails || crashedAgain ? head : history.flushed();
    RandomHistory next =
        new RandomHistory(
            history, machine, history.oracle().upTo(head), durable, random.nextLong());
    if (random.nextInt(3) == 0) {
      machine.arm(random.nextInt(80), SimulatedMachine.Fault.CRASH);
    }
    try {
      goOn(next, machine, random);
      machine.disarm();
    } catch (IOException | RuntimeException e) {
      if (!machine.isDown()) {
        throw e;
      }
      crashAndCheck(next, machine, random);
    }
  }

  /** Opens and closes, perhaps with more crashes on the way; true if there were any. */
  private static boolean recoverWithCrashes(
      RandomHistory history, SimulatedMachine machine, SplittableRandom random) throws IOException {
    boolean crashed = false;
    while (random.nextInt(3) == 0) {
      machine.arm(random.nextInt(24), SimulatedMachine.Fault.CRASH);
      try {
        Group.open(
                RandomHistory.journalOf(machine),
                history.homes(machine),
                history.options(),
                history.clock(),
                random.split())
            .close();
        machine.disarm();
        return crashed;
      } catch (IOException | RuntimeException e) {
        if (!machine.isDown()) {
          throw e;
        }
        machine.crash(random);
        crashed = true;
      }
    }
    return crashed;
  }

  private static void goOn(RandomHistory history, SimulatedMachine machine, SplittableRandom random)
      throws IOException {
    history.open();
    assertThat(history.group().status().lastSequence())
        .as("the head after recovery")
        .isEqualTo(history.oracle().head());
    LiveChecks.check(history);
    int steps = random.nextInt(12);
    for (int i = 0; i < steps; i++) {
      history.step();
    }
    LiveChecks.check(history);
    history.close();
    LiveChecks.checkImages(history);
    PastChecks.check(RandomHistory.journalOf(machine), history.oracle(), 1, random);
    PastChecks.checkPins(RandomHistory.journalOf(machine), history);
  }
}
