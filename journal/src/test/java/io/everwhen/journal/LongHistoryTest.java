package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A history of a million entries, or of as many as {@code -Deverwhen.history.entries} says: how
 * long the past takes to open, what memory it needs, and whether it is right.
 */
class LongHistoryTest {

  private static final int ENTRIES = Integer.getInteger("everwhen.history.entries", 1_000_000);
  private static final int BLOCK_BYTES = 4096;
  // Two entries and a half for each block.
  private static final int BLOCKS = ENTRIES / 5 * 2;
  // Every 16th writes, the others zero: as many entries as it takes, in less space. A segment has
  // about as many as one of 64 MiB has of 4 KiB each.
  private static final int ENTRIES_PER_WRITE = 16;
  private static final int SEGMENT_BYTES = 5 << 20;

  private static final int VIEWS = 5;
  private static final int ROUND_READS = 2000;
  private static final int ROUNDS = 3;
  private static final Duration OPEN_MAX = Duration.ofSeconds(1);
  private static final long MEMORY_MAX_BYTES = 64L << 20;

  private static final Manifest.Disk DISK =
      new Manifest.Disk(0, "disk0", (long) BLOCKS * BLOCK_BYTES, BLOCK_BYTES);

  private final SplittableRandom random = new SplittableRandom();
  private final long seed = random.nextLong();
  private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);

  @Test
  void thePastOfAMillionEntriesOpensInASecondNeedsLittleMemoryAndIsRight(@TempDir Path directory)
      throws IOException {
    Storage journal = DiskStorage.create(directory.resolve("journal"));
    recordIn(journal);
    List<Duration> opened = new ArrayList<>();
    for (int i = 0; i < VIEWS; i++) {
      int entries = 1 + random.nextInt(ENTRIES);
      opened.add(measure(journal, entries, newestOf(entries)));
    }
    System.out.printf("%,d entries: opened in %s%n", ENTRIES, opened);
    // The fastest: others may be using the machine.
    assertThat(opened.stream().min(Duration::compareTo).orElseThrow()).isLessThan(OPEN_MAX);
  }

  private void recordIn(Storage storage) throws IOException {
    JournalFiles files = new JournalFiles(storage);
    SimulatedClock clock = new SimulatedClock(1);
    Manifest manifest =
        new Manifest(new UUID(1, 2), List.of(DISK), Manifest.Baseline.empty(clock.wallNanos()), 0);
    files.writeManifest(manifest);
    try (Journal journal =
        Journal.open(
            files,
            manifest,
            new JournalOptions(SEGMENT_BYTES, 0),
            clock,
            random.split(),
            0,
            (kind, disk, offset, length, payloadLength, encoded, sequence, segment, place) -> {},
            null,
            null)) {
      journal.startWith(new long[] {DISK.sizeBytes()});
      ByteBuffer[] payloads = new ByteBuffer[16];
      Arrays.setAll(payloads, i -> ByteBuffer.allocateDirect(BLOCK_BYTES));
      long[] lengths = {BLOCK_BYTES};
      for (int i = 0; i < ENTRIES; i++) {
        long offset = (long) blockOf(i) * BLOCK_BYTES;
        if (isWrite(i)) {
          ByteBuffer payload = payloads[i / ENTRIES_PER_WRITE % payloads.length].clear();
          journal.write(0, offset, payload.putLong(0, i).putLong(BLOCK_BYTES - Long.BYTES, i));
        } else {
          journal.zero(0, EntryKind.ZERO, new long[] {offset}, lengths);
        }
        if (i % (ENTRIES_PER_WRITE * payloads.length) == 0) {
          journal.settle();
          while (journal.sealNext()) {
            assertThat(journal.failure()).isNull();
          }
        }
      }
      journal.sync();
      assertThat(journal.writtenSequence()).isEqualTo(ENTRIES);
    }
  }

  private static boolean isWrite(int entry) {
    return entry % ENTRIES_PER_WRITE == 0;
  }

  private int blockOf(int entry) {
    return Math.floorMod(new SplittableRandom(seed + entry).nextInt(), BLOCKS);
  }

  /** For each block the newest of the first entries, or -1. */
  private int[] newestOf(int entries) {
    int[] newest = new int[BLOCKS];
    Arrays.fill(newest, -1);
    for (int i = 0; i < entries; i++) {
      newest[blockOf(i)] = i;
    }
    return newest;
  }

  /** How long it took to open. */
  private Duration measure(Storage storage, int entries, int[] newest) throws IOException {
    try (PlainFiles plain = new PlainFiles(storage)) {
      long before = memoryBytes();
      long start = System.nanoTime();
      try (History history = History.open(storage);
          PastView view = new PastView(history, DISK, entries)) {
        final Duration opened = Duration.ofNanos(System.nanoTime() - start);
        long open = memoryBytes() - before;
        double[] ratios = new double[ROUNDS];
        double[] rates = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
          double past = secondsOf(() -> readAndCheck(view, newest));
          double there = secondsOf(() -> plain.read(random.nextLong(), block));
          rates[round] = ROUND_READS / past;
          ratios[round] = past / there;
        }
        long read = memoryBytes() - before;
        Arrays.sort(rates);
        Arrays.sort(ratios);
        System.out.printf(
            "as of entry %d: opened in %d ms with %d KiB, %d KiB after reads; %.0f reads/s, each %.1f times one of a file; %s%n",
            entries,
            opened.toMillis(),
            open >> 10,
            read >> 10,
            rates[ROUNDS / 2],
            ratios[ROUNDS / 2],
            resident());
        assertThat(Math.max(open, read)).isLessThan(MEMORY_MAX_BYTES);
        return opened;
      }
    }
  }

  private void readAndCheck(PastView view, int[] newest) throws IOException {
    int number = random.nextInt(BLOCKS);
    view.read((long) number * BLOCK_BYTES, block.clear());
    int entry = newest[number];
    long expected = entry >= 0 && isWrite(entry) ? entry : 0;
    assertThat(block.getLong(0)).isEqualTo(expected);
    assertThat(block.getLong(BLOCK_BYTES - Long.BYTES)).isEqualTo(expected);
  }

  private interface Read {
    void run() throws IOException;
  }

  private static double secondsOf(Read read) throws IOException {
    long start = System.nanoTime();
    for (int i = 0; i < ROUND_READS; i++) {
      read.run();
    }
    return (System.nanoTime() - start) / 1e9;
  }

  /** On the heap and in buffers beside it. */
  private static long memoryBytes() {
    System.gc();
    long bytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      bytes += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    return bytes;
  }

  private static List<String> resident() throws IOException {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("RssAnon") || line.startsWith("RssFile"))
          .map(line -> line.replaceAll("\\s+", " "))
          .toList();
    }
  }

  /** The same bytes, read as those of a file are. */
  private static final class PlainFiles implements AutoCloseable {

    private final List<StorageFile> segments = new ArrayList<>();

    PlainFiles(Storage storage) throws IOException {
      for (long number : new JournalFiles(storage).segmentNumbers()) {
        segments.add(storage.openForReading(FileNames.segment(number)));
      }
    }

    void read(long place, ByteBuffer into) throws IOException {
      StorageFile file = segments.get(Math.floorMod(place, segments.size()));
      long blocks = file.size() / BLOCK_BYTES;
      file.readFully((place >>> 32) % Math.max(1, blocks) * BLOCK_BYTES, into.clear());
    }

    @Override
    public void close() throws IOException {
      for (StorageFile segment : segments) {
        segment.close();
      }
    }
  }
}
