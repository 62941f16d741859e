package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.SimulatedMachine;
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
 * The directories of a group and of a branch of it, as version 6 has written them, kept for ever.
 * {@code -Deverwhen.golden.write.v6=FILE} writes new ones.
 */
class GoldenBranchTest {

  private static final int BYTES = 64 << 10;
  private static final int PART = 4096;
  private static final Manifest.Disk DISK = new Manifest.Disk(0, "disk0", BYTES, 512);
  private static final Manifest.Disk BRANCH = new Manifest.Disk(0, "branch", BYTES, 512);

  private final SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(0));
  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);
  private final SplittableRandom random = new SplittableRandom(20261128);

  // What the branch holds after its entries.
  private final TreeMap<Long, byte[]> contents = new TreeMap<>();

  private void write(Group group, int offset, int length, int value) throws IOException {
    byte[] data = new byte[length];
    Arrays.fill(data, (byte) value);
    clock.advance(1_000_000);
    group.change(() -> group.volume(0).write(offset, ByteBuffer.wrap(data)));
    group.volume(0).settle();
  }

  private byte[] live(Group group) throws IOException {
    byte[] content = new byte[BYTES];
    group.volume(0).read(0, ByteBuffer.wrap(content));
    return content;
  }

  private Group open(Storage journal, Storage home) throws IOException {
    GroupOptions options =
        new GroupOptions(
            new JournalOptions(64 << 10, 0),
            1 << 20,
            32 << 10,
            64 << 10,
            Duration.ofHours(1),
            false);
    return Group.open(journal, List.of(home), options, clock, random);
  }

  private Map<String, ByteBuffer> writeToday() throws IOException {
    Storage journal = machine.directory("journal");
    Storage home = machine.directory("disk0");
    Storage branchJournal = machine.directory("branch journal");
    Storage branchHome = machine.directory("branch");
    Group.create(journal, List.of(home), List.of(DISK), clock, random);
    try (Group group = open(journal, home)) {
      for (int i = 1; i <= 24; i++) {
        write(group, i % 12 * PART, PART, i);
      }
      byte[] begin = live(group);
      group.volume(0).sync();
      long sequence = group.status().lastSequence();
      group.pin(new Pins.Pin("for the branch", sequence, clock.wallNanos()));
      Manifest.Origin origin = new Manifest.Origin(group.id(), 0, sequence, "journal");
      Group.createBranch(branchJournal, branchHome, BRANCH, origin, clock, random);
      for (int i = 1; i <= 12; i++) {
        write(group, i * PART, PART, 100 + i);
      }
      contents.put(0L, begin);
      try (Group branch = open(branchJournal, branchHome)) {
        for (int i = 1; i <= 8; i++) {
          write(branch, i * PART - 512, 1024, 200 + i);
          contents.put(branch.status().lastSequence(), live(branch));
        }
      }
    }
    Map<String, ByteBuffer> files = GoldenZip.of(journal, "journal/");
    files.putAll(GoldenZip.of(branchJournal, "branch/"));
    return files;
  }

  @Test
  void whatVersion6HasWrittenIsReadAndKeptAndTodayGivesTheSameBytes() throws IOException {
    Map<String, ByteBuffer> today = writeToday();
    String target = System.getProperty("everwhen.golden.write.v6");
    if (target != null) {
      GoldenZip.write(Path.of(target), today);
      return;
    }
    Map<String, ByteBuffer> golden = GoldenZip.read("/golden/v6/groups.zip");
    assertThat(golden).isEqualTo(today);

    SimulatedMachine other = new SimulatedMachine(new SplittableRandom(1));
    GoldenZip.unpack(golden, "journal/", other.directory("journal"));
    Storage branch = other.directory("branch journal");
    GoldenZip.unpack(golden, "branch/", branch);
    checkEveryInstant(branch);
    try (Group group = open(branch, machine.directory("branch"))) {
      assertThat(group.isBranch()).isTrue();
      group.keep(_ -> {});
      assertThat(group.isBranch()).isFalse();
      assertThat(live(group)).isEqualTo(contents.lastEntry().getValue());
    }
    for (String name : other.directory("journal").list()) {
      other.directory("journal").delete(name);
    }
    checkEveryInstant(branch);
  }

  private void checkEveryInstant(Storage journal) throws IOException {
    try (History history = History.open(journal)) {
      for (long sequence = 0; sequence <= history.head().sequence(); sequence++) {
        byte[] found = new byte[BYTES];
        Manifest.Disk disk = history.manifest().disks().getFirst();
        try (PastView view = new PastView(history, disk, sequence)) {
          view.read(0, ByteBuffer.wrap(found));
        }
        assertThat(found)
            .as("the disk at entry %d", sequence)
            .isEqualTo(contents.floorEntry(sequence).getValue());
      }
    }
  }
}
