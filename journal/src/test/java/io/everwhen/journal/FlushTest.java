package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.SimulatedMachine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Which flushes are put on the timeline. */
class FlushTest {

  private final SplittableRandom random = new SplittableRandom(1);
  private final TwoDisks disks = new TwoDisks(new SimulatedMachine(random.split()));

  private List<String> timeline() throws IOException {
    List<String> timeline = new ArrayList<>();
    try (History history = History.open(disks.journal())) {
      history.visitFrom(
          1,
          (entry, payload) -> {
            timeline.add((entry.kind() == EntryKind.FLUSH ? "flush " : "write ") + entry.disk());
            return true;
          });
    }
    return timeline;
  }

  @Test
  void aFlushOfEachDiskThatWasChangedIsNotedOnce() throws IOException {
    disks.create(random);
    try (Group group = disks.open(random)) {
      TwoDisks.write(group, TwoDisks.LOG, 1);
      TwoDisks.write(group, TwoDisks.TABLE, 1);
      // What others flush tells nothing of a disk.
      group.volume(TwoDisks.LOG).flush();
      group.volume(TwoDisks.TABLE).flush();
      group.volume(TwoDisks.TABLE).flush();
      TwoDisks.write(group, TwoDisks.LOG, 2);
      group.volume(TwoDisks.TABLE).flush();
      group.volume(TwoDisks.LOG).flush();
    }
    assertThat(timeline())
        .containsExactly("write 0", "write 1", "flush 0", "flush 1", "write 0", "flush 0");
  }

  @Test
  void theFirstFlushAfterAnOpeningIsNoted() throws IOException {
    disks.create(random);
    try (Group group = disks.open(random)) {
      TwoDisks.write(group, TwoDisks.LOG, 1);
    }
    try (Group group = disks.open(random)) {
      group.volume(TwoDisks.LOG).flush();
      group.volume(TwoDisks.LOG).flush();
    }
    assertThat(timeline()).containsExactly("write 0", "flush 0");
  }
}
