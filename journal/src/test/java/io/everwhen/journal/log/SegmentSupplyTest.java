package io.everwhen.journal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.SimulatedMachine.Fault;
import io.everwhen.journal.io.Storage;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SegmentSupplyTest {

  private static final Manifest GROUP =
      new Manifest(
          new UUID(1, 2),
          List.of(new Manifest.Disk(0, "disk0", 8192, 512)),
          Manifest.Baseline.empty(0),
          0);

  @ParameterizedTest
  @EnumSource(names = {"ERROR", "SHORT_WRITE", "NO_SPACE", "FAILED_READ"})
  void whateverFailsOnTheWaySegmentsAreNumberedWithoutGaps(Fault fault) throws IOException {
    boolean hit = true;
    for (int operation = 0; hit; operation++) {
      SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(operation));
      Storage storage = machine.directory("journal");
      SegmentSupply supply =
          new SegmentSupply(
              storage,
              GROUP,
              new JournalOptions(16 << 10, 0),
              new SimulatedClock(0),
              new SplittableRandom(1),
              0);
      machine.arm(operation, fault);
      long number = 1;
      for (int i = 0; i < 6; i++) {
        try {
          if (i % 2 == 0) {
            supply.prepare(() -> false, true, 0);
          }
          assertThat(supply.next().number()).isEqualTo(number++);
        } catch (IOException e) {
          assertThat(machine.faulted()).as("the operation at fault for %s", e).isNotNull();
        }
      }
      hit = machine.faulted() != null;
      machine.disarm();
      // The next number may be taken by a file that could not be used; it will be replaced.
      assertThat(new JournalFiles(storage).segmentNumbers().headSet(number))
          .hasSize((int) number - 1);
      assertThat(new JournalFiles(storage).segmentNumbers().last()).isLessThanOrEqualTo(number);
    }
  }
}
