package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.Dist;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.ProcessUse;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Past disks of a long history beside the live disk, in the packaged daemon: how long one takes
 * from the command to its first read, what memory it needs, and how fast it is read. Only for
 * {@code -Deverwhen.past.entries=N}; what is read must be right, how fast is printed.
 */
class PastDiskSpeedIT {

  private static final Pattern HEAP = Pattern.compile("committed (\\d+)K, used (\\d+)K");

  private static final int ENTRIES = Integer.getInteger("everwhen.past.entries", 0);
  private static final int BLOCK_BYTES = 4096;
  private static final int SECTORS = BLOCK_BYTES / 512;

  /** Two entries and a half for each block. */
  private static final int DISK_MEBIBYTES = Math.max(1, ENTRIES / 5 * 2 / 256);

  private static final int BLOCKS = DISK_MEBIBYTES * 256;

  /** Every 16th writes, the others zero: as many entries as it takes, in less space. */
  private static final int ENTRIES_PER_WRITE = 16;

  /** As many entries in each as one of 64 MiB has of 4 KiB writes. */
  private static final JournalOptions SEGMENTS = new JournalOptions(5 << 20, 0);

  private static final int SETTLED_TOGETHER = 256;
  private static final int[] FIFTHS = {1, 4};
  private static final int[] DEPTHS = {1, 32};
  private static final int READS = 1 << 15;
  private static final int ROUNDS = 5;

  @TempDir private Path directory;
  private final SplittableRandom random = new SplittableRandom();
  private final long seed = random.nextLong();

  @Test
  void aPastDiskOfALongHistoryIsReadBesideTheLiveDisk() throws Exception {
    assumeTrue(ENTRIES > 0, "only for -Deverwhen.past.entries=N");
    LibiscsiInitiator.need();
    try (Daemon daemon = new Daemon(directory, "--disk", "db=" + DISK_MEBIBYTES + "MiB").start()) {
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      record(daemon);
      daemon.start();
      // The launcher prepares the JVM's archive when it is used first.
      launch("--help");
      int[] newest = newestOf(ENTRIES);
      try (Readers live = new Readers(daemon, "db", newest)) {
        // Until the JVM has compiled what it reads with, and has the memory for it.
        for (int i = 0; i < ROUNDS; i++) {
          live.readsPerSecond(DEPTHS[i % DEPTHS.length]);
        }
        for (int fifths : FIFTHS) {
          measure(daemon, live, fifths);
        }
      }
    }
  }

  private void record(Daemon daemon) throws IOException {
    long start = System.nanoTime();
    try (Group group =
        Group.open(
            DiskStorage.open(daemon.journal().resolve("db")),
            List.of(DiskStorage.open(daemon.data().resolve("disks/db"))),
            GroupOptions.DEFAULT.withJournal(SEGMENTS),
            new SystemClock(),
            random.split())) {
      ByteBuffer[] payloads = new ByteBuffer[SETTLED_TOGETHER];
      Arrays.setAll(payloads, i -> ByteBuffer.allocateDirect(BLOCK_BYTES));
      for (int i = 0; i < ENTRIES; i++) {
        if (i > 0 && i % (ENTRIES / 5) == 0) {
          group.mark("after-" + i);
        }
        int entry = i;
        long offset = (long) blockOf(i) * BLOCK_BYTES;
        if (isWrite(i)) {
          ByteBuffer payload = payloads[i % SETTLED_TOGETHER].clear();
          payload.putLong(0, entry).putLong(BLOCK_BYTES - Long.BYTES, entry);
          group.change(() -> group.volume(0).write(offset, payload));
        } else {
          long[] offsets = {offset};
          long[] lengths = {BLOCK_BYTES};
          group.change(() -> group.volume(0).zero(offsets, lengths, false));
        }
        if (i % SETTLED_TOGETHER == SETTLED_TOGETHER - 1) {
          group.volume(0).settle();
        }
      }
      group.volume(0).sync();
    }
    System.out.printf(
        "PastDiskSpeedIT: %,d entries recorded in %.0f s%n", ENTRIES, secondsSince(start));
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

  private void measure(Daemon daemon, Readers live, int fifths) throws Exception {
    int entries = ENTRIES / 5 * fifths;
    int[] newest = newestOf(entries);
    final long needed = neededBytes(daemon);
    final ProcessUse before = ProcessUse.of(daemon.pid());
    long start = System.nanoTime();
    launch(
        "open",
        "db",
        "--at",
        "mark:after-" + entries,
        "--as",
        "past",
        "--data",
        daemon.data().toString());
    final double commanded = secondsSince(start);
    try (LibiscsiInitiator first = daemon.connect("past")) {
      readAndCheck(first, newest, random);
    }
    final double opened = secondsSince(start);
    final ProcessUse open = ProcessUse.of(daemon.pid());
    double[][] pasts = new double[DEPTHS.length][ROUNDS];
    double[][] lives = new double[DEPTHS.length][ROUNDS];
    try (Readers past = new Readers(daemon, "past", newest)) {
      for (int round = 0; round < ROUNDS; round++) {
        for (int d = 0; d < DEPTHS.length; d++) {
          pasts[d][round] = past.readsPerSecond(DEPTHS[d]);
          lives[d][round] = live.readsPerSecond(DEPTHS[d]);
        }
      }
    }
    ProcessUse read = ProcessUse.of(daemon.pid());
    System.out.printf(
        "PastDiskSpeedIT: as of entry %,d: opened after %.2f s, first read after %.2f s%n",
        entries, commanded, opened);
    System.out.printf(
        "PastDiskSpeedIT:   MiB more: needed %d; of its own %d open, %d after reads; with the files' pages %d, %d%n",
        (neededBytes(daemon) - needed) >> 20,
        (open.ownBytes() - before.ownBytes()) >> 20,
        (read.ownBytes() - before.ownBytes()) >> 20,
        (open.residentBytes() - before.residentBytes()) >> 20,
        (read.residentBytes() - before.residentBytes()) >> 20);
    for (int d = 0; d < DEPTHS.length; d++) {
      double[] ratios = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        ratios[round] = pasts[d][round] / lives[d][round];
      }
      System.out.printf(
          "PastDiskSpeedIT:   %d at once: %,.0f reads/s, live %,.0f; ratio %.2f (%s)%n",
          DEPTHS[d],
          median(pasts[d]),
          median(lives[d]),
          median(ratios),
          Arrays.toString(Arrays.stream(ratios).map(r -> Math.round(r * 100) / 100.0).toArray()));
    }
    daemon.run("close", "past").done();
  }

  /**
   * What the daemon has of its own once it has let go of what it does not use; of its heap, what is
   * used, and not what the JVM keeps to use it again.
   */
  private static long neededBytes(Daemon daemon) throws IOException, InterruptedException {
    jcmd(daemon, "GC.run");
    Matcher heap = HEAP.matcher(jcmd(daemon, "GC.heap_info"));
    assertThat(heap.find()).isTrue();
    long unused = Long.parseLong(heap.group(1)) - Long.parseLong(heap.group(2));
    return ProcessUse.of(daemon.pid()).ownBytes() - (unused << 10);
  }

  private static String jcmd(Daemon daemon, String command)
      throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd");
    return Processes.run(
            daemon.data(), List.of(jcmd.toString(), Long.toString(daemon.pid()), command))
        .done()
        .out();
  }

  /** Runs a command as a user does. */
  private void launch(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Dist.launcher().toString()));
    command.addAll(List.of(arguments));
    Processes.run(directory, command).done();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private static void readAndCheck(
      LibiscsiInitiator initiator, int[] newest, SplittableRandom random)
      throws InitiatorException {
    int number = random.nextInt(BLOCKS);
    ByteBuffer block = ByteBuffer.wrap(initiator.read((long) number * SECTORS, SECTORS));
    int entry = newest[number];
    long expected = entry >= 0 && isWrite(entry) ? entry : 0;
    assertThat(block.getLong(0)).isEqualTo(expected);
    assertThat(block.getLong(BLOCK_BYTES - Long.BYTES)).isEqualTo(expected);
  }

  /** Sessions with a disk, each with one command at a time. */
  private final class Readers implements AutoCloseable {

    private final int[] newest;
    private final List<LibiscsiInitiator> sessions = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    Readers(Daemon daemon, String disk, int[] newest) throws InitiatorException {
      this.newest = newest;
      for (int i = 0; i < DEPTHS[DEPTHS.length - 1]; i++) {
        sessions.add(LibiscsiInitiator.connect(daemon.url(disk), "iqn.2026-11.test:reader" + i));
      }
    }

    double readsPerSecond(int depth) throws Exception {
      long start = System.nanoTime();
      List<Future<?>> all = new ArrayList<>();
      for (LibiscsiInitiator session : sessions.subList(0, depth)) {
        SplittableRandom own = random.split();
        all.add(
            threads.submit(() -> {
              for (int i = 0; i < READS / depth; i++) {
                readAndCheck(session, newest, own);
              }
              return null;
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
      return READS / secondsSince(start);
    }

    @Override
    public void close() {
      threads.shutdownNow();
      sessions.forEach(LibiscsiInitiator::close);
    }
  }
}
