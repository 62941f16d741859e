package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.SimulatedStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * A group's directory with a gap that has ended and one that has not, as version 7 has written it,
 * kept for ever. {@code -Deverwhen.golden.write.v7=FILE} writes a new one.
 */
class GoldenUnprotectedTest {

  private static final int BYTES = 64 << 10;
  private static final int PART = 4096;
  private static final int SEGMENT_BYTES = 64 << 10;
  private static final Manifest.Disk DISK = new Manifest.Disk(0, "disk0", BYTES, 512);

  private final SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(0));
  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);
  private final SplittableRandom random = new SplittableRandom(20261128);

  // What the disk holds after the entries of which that can be said.
  private final TreeMap<Long, byte[]> contents = new TreeMap<>(Map.of(0L, new byte[BYTES]));
  private final byte[] live = new byte[BYTES];
  private long gapAfter;
  private long gapEnd;

  private void write(Group group, int part, int value) throws IOException {
    byte[] data = new byte[PART];
    Arrays.fill(data, (byte) value);
    System.arraycopy(data, 0, live, part * PART, PART);
    clock.advance(1_000_000);
    group.change(() -> group.volume(0).write((long) part * PART, ByteBuffer.wrap(data)));
    group.volume(0).settle();
    if (group.unprotectedSinceNanos().isEmpty()) {
      contents.put(group.status().lastSequence(), live.clone());
    }
  }

  private Group open(Storage journal, Storage home) throws IOException {
    GroupOptions options =
        new GroupOptions(
            new JournalOptions(SEGMENT_BYTES, SEGMENT_BYTES),
            16 * SEGMENT_BYTES,
            32 << 10,
            64 << 10,
            Duration.ofHours(1),
            false);
    Group group = Group.open(journal, List.of(home), options, clock, random);
    group.goOnUnprotected(true);
    return group;
  }

  private void fillUp(Group group) throws IOException {
    SimulatedStorage journal = machine.directory("journal");
    journal.setCapacity(journal.usedBytes() + SEGMENT_BYTES);
    for (int i = 0; group.unprotectedSinceNanos().isEmpty(); i++) {
      write(group, i % 16, 100 + i);
    }
    gapAfter = group.status().lastSequence();
    for (int i = 0; i < 5; i++) {
      write(group, 3 * i, 50 + i);
    }
  }

  private void maintain(Group group) throws IOException {
    for (int i = 0; i < 10; i++) {
      group.maintain();
      clock.advance(2_000_000_000L);
    }
  }

  private Map<String, ByteBuffer> writeToday() throws IOException {
    SimulatedStorage journal = machine.directory("journal");
    Storage home = machine.directory("disk0");
    Group.create(journal, List.of(home), List.of(DISK), clock, random);
    try (Group group = open(journal, home)) {
      group.maintain();
      fillUp(group);
      journal.setCapacity(Long.MAX_VALUE);
      maintain(group);
      assertThat(group.unprotectedSinceNanos()).isEmpty();
      gapEnd = group.status().lastSequence();
      contents.put(gapEnd, live.clone());
      long first = gapAfter;
      write(group, 1, 7);
      fillUp(group);
      gapAfter = first;
    }
    return GoldenZip.of(journal, "");
  }

  @Test
  void whatVersion7HasWrittenIsReadAndRecordedAndTodayGivesTheSameBytes() throws IOException {
    Map<String, ByteBuffer> today = writeToday();
    String target = System.getProperty("everwhen.golden.write.v7");
    if (target != null) {
      GoldenZip.write(Path.of(target), today);
      return;
    }
    Map<String, ByteBuffer> golden = GoldenZip.read("/golden/v7/group.zip");
    assertThat(golden).containsKey(FileNames.GAP).isEqualTo(today);

    SimulatedMachine other = new SimulatedMachine(new SplittableRandom(1));
    Storage journal = other.directory("journal");
    GoldenZip.unpack(golden, "", journal);
    checkEveryInstant(journal, 2);
    try (Group group = open(journal, machine.directory("disk0"))) {
      assertThat(group.unprotectedSinceNanos()).isPresent();
      maintain(group);
      assertThat(group.unprotectedSinceNanos()).isEmpty();
      contents.put(group.status().lastSequence(), live.clone());
    }
    checkEveryInstant(journal, 2);
  }

  private void checkEveryInstant(Storage journal, int gaps) throws IOException {
    try (History history = History.open(journal)) {
      assertThat(history.gaps()).hasSize(gaps);
      assertThat(history.gaps().getFirst().after()).isEqualTo(gapAfter);
      assertThat(history.gaps().getFirst().end().sequence()).isEqualTo(gapEnd);
      for (long sequence = 0; sequence <= history.head().sequence(); sequence++) {
        long at = sequence;
        boolean inGap =
            history.gaps().stream().anyMatch(gap -> at > gap.after() && at < gap.end().sequence());
        assertThat(history.isKept(sequence)).as("entry %d", sequence).isEqualTo(!inGap);
        if (!inGap) {
          byte[] found = new byte[BYTES];
          try (PastView view = new PastView(history, DISK, sequence)) {
            view.read(0, ByteBuffer.wrap(found));
          }
          assertThat(found)
              .as("the disk at entry %d", sequence)
              .isEqualTo(contents.floorEntry(sequence).getValue());
        }
      }
    }
  }
}
