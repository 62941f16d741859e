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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
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
      SegmentSupply supply = supply(storage);
      machine.arm(operation, fault);
      long number = 1;
      for (int i = 0; i < 12; i++) {
        try {
          if (i % 4 == 0) {
            supply.prepare(() -> false, true, 2);
            supply.prepare(() -> false, false, 2);
          }
          if (number == 6 && i % 2 == 0) {
            supply.recycle(3);
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
          .hasSizeBetween((int) number - 2, (int) number - 1);
      assertThat(new JournalFiles(storage).segmentNumbers().last()).isLessThanOrEqualTo(number);
      for (long there : new JournalFiles(storage).segmentNumbers().headSet(number)) {
        new JournalFiles(storage).openSegment(GROUP, there).file().close();
      }
    }
  }

  @Test
  void whateverIsPreparedMeanwhileSegmentsAreNumberedWithoutGaps() throws Exception {
    Storage storage = new SimulatedMachine(new SplittableRandom(1)).directory("journal");
    SegmentSupply supply = supply(storage);
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<?> preparing =
          executor.submit(() -> {
            for (int wanted = 0; !done.get(); wanted = (wanted + 1) % 4) {
              supply.prepare(done::get, wanted == 1, wanted);
              if (wanted == 0) {
                supply.discardAllocated();
              }
            }
            return null;
          });
      try {
        for (long number = 1; number < 2000; ) {
          number = takeNext(supply, storage, number);
          if (number % 8 == 0) {
            supply.next(); // at once
            number++;
          }
        }
      } finally {
        done.set(true);
      }
      preparing.get();
    }
  }

  @Test
  void whatNobodyPreparedIsNotOverwritten() throws IOException {
    SegmentSupply supply =
        supply(new SimulatedMachine(new SplittableRandom(1)).directory("journal"));
    supply.prepare(() -> false, true, 2);
    supply.prepare(() -> false, false, 2);
    supply.prepare(() -> false, true, 2);
    supply.prepare(() -> false, false, 3);
    supply.discardAllocated();
    for (int notOverwritten : new int[] {0, 1, 1, 2}) {
      supply.next();
      assertThat(supply.notOverwritten()).isEqualTo(notOverwritten);
    }
  }

  private static SegmentSupply supply(Storage storage) {
    return new SegmentSupply(
        storage,
        GROUP,
        new JournalOptions(16 << 10, 0),
        new SimulatedClock(0),
        new SplittableRandom(1),
        0);
  }

  /** Takes the next segment, which must have this number also in its file. */
  private static long takeNext(SegmentSupply supply, Storage storage, long number)
      throws IOException {
    Segment segment = supply.next();
    assertThat(segment.number()).isEqualTo(number);
    JournalFiles.OpenSegment found = new JournalFiles(storage).openSegment(GROUP, number);
    assertThat(found.header()).isEqualTo(segment.header());
    found.file().close();
    return number + 1;
  }
}
