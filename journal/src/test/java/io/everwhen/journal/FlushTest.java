package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.log.StoppedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Which flushes are put on the timeline, and what they wait for. */
class FlushTest {

  private final SplittableRandom random = new SplittableRandom(1);
  private final SimulatedMachine machine = new SimulatedMachine(random.split());
  private final TwoDisks disks = new TwoDisks(machine);

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

  @Test
  void whatWasMadeDurableBeforeAFlushIsNotSyncedAgainUnlessSomethingWasChangedSince()
      throws IOException {
    disks.create(random);
    try (Group group = disks.open(random)) {
      group.volume(TwoDisks.LOG).flush(); // makes the first segment
      assertThat(syncsOfFlush(group)).isZero();
      TwoDisks.write(group, TwoDisks.LOG, 1);
      group.volume(TwoDisks.LOG).expectFlush();
      assertThat(syncsOfFlush(group)).isZero();
      // Now it is the note that is not durable.
      assertThat(syncsOfFlush(group)).isOne();
      group.volume(TwoDisks.LOG).expectFlush();
      TwoDisks.write(group, TwoDisks.TABLE, 1);
      assertThat(syncsOfFlush(group)).isOne();
      TwoDisks.write(group, TwoDisks.LOG, 2);
      group.volume(TwoDisks.LOG).expectFlush();
      TwoDisks.write(group, TwoDisks.LOG, 3);
      assertThat(syncsOfFlush(group)).isOne();
    }
    assertThat(timeline())
        .containsExactly(
            "flush 0", "write 0", "flush 0", "write 1", "write 0", "write 0", "flush 0");
  }

  private long syncsOfFlush(Group group) throws IOException {
    long[] syncs = new long[1];
    machine.observe(io -> syncs[0] += io == SimulatedMachine.Io.SYNC ? 1 : 0);
    group.volume(TwoDisks.LOG).flush();
    machine.observe(null);
    return syncs[0];
  }

  @Test
  void aFlushFailsIfTheSyncBeforeItFailed() throws IOException {
    disks.create(random);
    Group group = disks.open(random);
    TwoDisks.write(group, TwoDisks.LOG, 1);
    machine.arm(0, SimulatedMachine.Fault.ERROR);
    assertThatThrownBy(group.volume(TwoDisks.LOG)::expectFlush)
        .isInstanceOf(StoppedException.class);
    assertThatThrownBy(group.volume(TwoDisks.LOG)::flush).isInstanceOf(StoppedException.class);
  }
}
