package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
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
 * A group's directory with rewinds, one filled in and one not, as version 5 has written it, kept
 * for ever. {@code -Deverwhen.golden.write.v5=FILE} writes a new one.
 */
class GoldenRewindTest {

  private static final int BYTES = 64 << 10;
  private static final int PART = 4096;
  private static final Manifest.Disk DISK = new Manifest.Disk(0, "disk0", BYTES, 512);

  private final SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(0));
  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);
  private final SplittableRandom random = new SplittableRandom(20261128);
  private final TreeMap<Long, byte[]> contents = new TreeMap<>(Map.of(0L, new byte[BYTES]));

  private byte[] at(long sequence) {
    return contents.floorEntry(sequence).getValue();
  }

  private void write(Group group, int part, int value) throws IOException {
    byte[] next = contents.lastEntry().getValue().clone();
    byte[] data = new byte[PART];
    Arrays.fill(data, (byte) value);
    System.arraycopy(data, 0, next, part * PART, PART);
    clock.advance(1_000_000);
    group.change(() -> group.volume(0).write((long) part * PART, ByteBuffer.wrap(data)));
    group.volume(0).settle();
    contents.put(group.status().lastSequence(), next);
  }

  private void rewind(Group group, long to) throws IOException {
    clock.advance(1_000_000);
    contents.put(group.rewind(0, to), at(to));
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

  /** Writes, goes back and fills in, writes, and goes back further at the end. */
  private Map<String, ByteBuffer> writeToday() throws IOException {
    Storage journal = machine.directory("journal");
    Storage home = machine.directory("disk0");
    Group.create(journal, List.of(home), List.of(DISK), clock, random);
    try (Group group = open(journal, home)) {
      for (int i = 1; i <= 24; i++) {
        write(group, i % 16, i);
      }
      rewind(group, 12);
      while (group.maintain()) {
        clock.advance(1000);
      }
      write(group, 3, 100);
      rewind(group, 5);
      write(group, 4, 101);
    }
    return GoldenZip.of(journal, "");
  }

  @Test
  void whatVersion5HasWrittenIsReadAndFilledInAndTodayGivesTheSameBytes() throws IOException {
    Map<String, ByteBuffer> today = writeToday();
    String target = System.getProperty("everwhen.golden.write.v5");
    if (target != null) {
      GoldenZip.write(Path.of(target), today);
      return;
    }
    Map<String, ByteBuffer> golden = GoldenZip.read("/golden/v5/group.zip");
    assertThat(golden).containsKey(FileNames.rewind(0)).isEqualTo(today);

    SimulatedMachine other = new SimulatedMachine(new SplittableRandom(1));
    Storage journal = other.directory("journal");
    GoldenZip.unpack(golden, "", journal);
    checkEveryInstant(journal);
    try (Group group = open(journal, machine.directory("disk0"))) {
      assertThat(group.fillingBytes(0)).isPositive();
      while (group.maintain()) {
        clock.advance(1000);
      }
      assertThat(group.fillingBytes(0)).isZero();
    }
    checkEveryInstant(journal);
  }

  private void checkEveryInstant(Storage journal) throws IOException {
    try (History history = History.open(journal)) {
      for (long sequence = 0; sequence <= history.head().sequence(); sequence++) {
        byte[] found = new byte[BYTES];
        try (PastView view = new PastView(history, DISK, sequence)) {
          view.read(0, ByteBuffer.wrap(found));
        }
        assertThat(found).as("the disk at entry %d", sequence).isEqualTo(at(sequence));
      }
    }
  }
}
