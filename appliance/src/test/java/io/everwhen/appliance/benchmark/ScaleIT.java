package io.everwhen.appliance.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.everwhen.appliance.testing.Dist;
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
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What grows with the size of a disk, with its history and with the number of disks, of the
 * packaged daemon: prints it, and fails only of errors. Only for {@code -Deverwhen.scale=true}, or
 * {@code sizes}, {@code histories} or {@code disks}; {@code -Deverwhen.scale.NAME=}:
 *
 * <ul>
 *   <li>{@code output}: the file that gets what is printed
 *   <li>{@code directory}: where all files go; 64 TiB need a file system that has files as large,
 *       and 1,000 disks one with 64 GiB of room
 *   <li>{@code size}: the sizes, such as {@code 10GiB,64TiB}
 *   <li>{@code entries}: the lengths of the histories
 *   <li>{@code disks}: how many disks
 * </ul>
 */
class ScaleIT {

  private static final String PREFIX = "everwhen.scale";
  private static final String WANTED = System.getProperty(PREFIX, "");
  private static final Pattern HEAP_USED = Pattern.compile("used (\\d+)K");

  private static final int BLOCK_BYTES = 4096;
  private static final int DEPTH = 32;

  /** What a disk of each size is written before it is started again, half before the mark. */
  private static final int WRITES = 100_000;

  private static final int WARM_MILLIS = 2000;
  private static final int MILLIS = 5000;
  private static final int REST_SECONDS = 10;

  /** Until what is made beforehand for each journal is there, and what was started is compiled. */
  private static final int CALM_SECONDS = 40;

  private static final String MARK = "middle";

  /** In histories, how many entries there are for each that writes; the others zero. */
  private static final int ENTRIES_PER_WRITE = 64;

  /** Which so many blocks take turns at, so that the image has little to do. */
  private static final int ZEROED_BLOCKS = 1024;

  private static final int BLOCKS = (1 << 30) / BLOCK_BYTES;

  /** As many entries in each as one of 64 MiB has of 4 KiB writes. */
  private static final JournalOptions SEGMENTS = new JournalOptions(2 << 20, 0);

  private static final int SETTLED_TOGETHER = 256;

  @TempDir private Path temporary;
  private final SplittableRandom random = new SplittableRandom();

  @Test
  void whatGrowsWithSizeHistoryAndNumberOfDisks() throws Exception {
    assumeTrue(!WANTED.isEmpty(), "only for -D" + PREFIX + "=true");
    LibiscsiInitiator.need();
    Path directory = Path.of(property("directory", temporary.toString()));
    try (Report report = new Report(Path.of(property("output", "build/scale.txt")))) {
      report.print("%s", Machine.describe(directory));
      // The launcher prepares the JVM's archive when it is used first.
      Processes.output(directory, Dist.launcher().toString(), "--help");
      if (wants("sizes")) {
        sizes(directory, report);
      }
      if (wants("histories")) {
        histories(directory, report);
      }
      if (wants("disks")) {
        disks(directory, report);
      }
    }
  }

  private static String property(String name, String otherwise) {
    return System.getProperty(PREFIX + "." + name, otherwise);
  }

  private static boolean wants(String part) {
    return WANTED.equals("true") || WANTED.contains(part);
  }

  private void sizes(Path directory, Report report) throws Exception {
    report.print(
        "%nThin disks: seconds until ready, new and after %,d random 4 KiB writes and a clean stop;"
            + " MiB of its own / resident, new, after that start, and after the appends; from 'open'"
            + " as of the middle to the first read; random 4 KiB writes a second at depth %d",
        WRITES, DEPTH);
    report.print(
        "%-8s %6s %6s %6s %12s %12s %12s %6s %10s",
        "size", "new", "stop", "again", "new", "again", "after", "open", "writes/s");
    for (String size : property("size", "10GiB,1TiB,64TiB").split(",", -1)) {
      Path home = directory.resolve("size-" + size);
      try (MeasuredDaemon daemon = new MeasuredDaemon(home, List.of(disk("db", size, "16GiB")));
          Generator generator = new Generator()) {
        final double fresh = daemon.start();
        final String memoryNew = daemon.memory();
        write(generator, daemon.address("db"), WRITES / 2);
        daemon.daemon().run("mark", "db", MARK).done();
        write(generator, daemon.address("db"), WRITES / 2);
        final double stop = daemon.stop();
        final double again = daemon.start();
        final String memoryAgain = daemon.memory();
        final double open = daemon.openAndRead("db", "mark:" + MARK);
        final double rate = appendRate(generator, daemon);
        report.print(
            "%-8s %6.2f %6.2f %6.2f %12s %12s %12s %6.2f %10.0f",
            size, fresh, stop, again, memoryNew, memoryAgain, daemon.memory(), open, rate);
      } finally {
        Processes.output(directory, "rm", "-rf", home.toString());
      }
    }
  }

  private static String disk(String name, String size, String journalSize) {
    return "  - {name: %s, size: %s, journal_size: %s}".formatted(name, size, journalSize);
  }

  /** Random 4 KiB writes over the whole disk. */
  private void write(Generator generator, Address address, long writes)
      throws IOException, InterruptedException {
    generator.run(
        address,
        new Workload(
            BLOCK_BYTES,
            DEPTH,
            1,
            0,
            true,
            0,
            0,
            Integer.MAX_VALUE,
            writes,
            false,
            random.nextLong()));
  }

  /** A second, when what was written before is in the image. */
  private static double appendRate(Generator generator, MeasuredDaemon daemon)
      throws IOException, InterruptedException {
    Workload writes = Workload.writes(BLOCK_BYTES, DEPTH).atRandom();
    generator.run(daemon.address("db"), writes.during(WARM_MILLIS, 1));
    daemon.settle();
    return generator.run(daemon.address("db"), writes.during(MILLIS, 2)).perSecond();
  }

  private void histories(Path directory, Report report) throws Exception {
    report.print(
        "%nHistories of a disk of 1 GiB: seconds until ready; MiB of its own / resident, started,"
            + " with the past open, and after the appends; from 'open' as of the middle to the first"
            + " read, the first time and the second; random 4 KiB writes a second at depth %d",
        DEPTH);
    report.print(
        "%-12s %8s %6s %12s %12s %12s %6s %6s %10s",
        "entries", "recorded", "start", "started", "opened", "after", "open", "again", "writes/s");
    for (String text : property("entries", "1000000,10000000,100000000").split(",", -1)) {
      Path home = directory.resolve("history-" + text);
      try (MeasuredDaemon daemon = new MeasuredDaemon(home, List.of(disk("db", "1GiB", "60GiB")));
          Generator generator = new Generator()) {
        daemon.start();
        daemon.stop();
        long start = System.nanoTime();
        record(daemon, Integer.parseInt(text));
        final double recorded = MeasuredDaemon.secondsSince(start);
        final double ready = daemon.start();
        final String started = daemon.memory();
        final double open = daemon.openAndRead("db", "mark:" + MARK);
        final String opened = daemon.memory();
        final double again = daemon.openAndRead("db", "mark:" + MARK);
        final double rate = appendRate(generator, daemon);
        report.print(
            "%-12s %8.0f %6.2f %12s %12s %12s %6.2f %6.2f %10.0f",
            text, recorded, ready, started, opened, daemon.memory(), open, again, rate);
      } finally {
        Processes.output(directory, "rm", "-rf", home.toString());
      }
    }
  }

  private void record(MeasuredDaemon daemon, int entries) throws IOException {
    try (Group group =
        Group.open(
            DiskStorage.open(daemon.daemon().journal().resolve("db")),
            List.of(DiskStorage.open(daemon.daemon().data().resolve("disks/db"))),
            GroupOptions.DEFAULT.withJournal(SEGMENTS).withHistoryBytes(60L << 30),
            new SystemClock(),
            random.split())) {
      ByteBuffer[] payloads = new ByteBuffer[SETTLED_TOGETHER];
      Arrays.setAll(payloads, i -> ByteBuffer.allocateDirect(BLOCK_BYTES));
      for (int i = 0; i < entries; i++) {
        if (i == entries / 2) {
          group.mark(MARK);
        }
        if (i % ENTRIES_PER_WRITE == 0) {
          long offset = (long) random.nextInt(BLOCKS) * BLOCK_BYTES;
          ByteBuffer payload = payloads[i % SETTLED_TOGETHER].clear().putLong(0, i);
          group.change(() -> group.volume(0).write(offset, payload));
        } else {
          long[] offsets = {(long) random.nextInt(ZEROED_BLOCKS) * BLOCK_BYTES};
          long[] lengths = {BLOCK_BYTES};
          group.change(() -> group.volume(0).zero(offsets, lengths, false));
        }
        if (i % SETTLED_TOGETHER == SETTLED_TOGETHER - 1) {
          group.volume(0).settle();
        }
      }
      group.volume(0).sync();
    }
  }

  private void disks(Path directory, Report report) throws Exception {
    int count = Integer.parseInt(property("disks", "1000"));
    Path home = directory.resolve("disks");
    List<String> config = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      config.add(disk("d" + i, "1GiB", "256MiB"));
    }
    try (MeasuredDaemon daemon = new MeasuredDaemon(home, config)) {
      report.print("%n%,d disks of 1 GiB at rest, each with a journal of its own", count);
      report.print("until ready, new:                %.2f s", daemon.start());
      atRest(daemon, report);
      report.print("to stop:                         %.2f s", daemon.stop());
      report.print("until ready again:               %.2f s", daemon.start());
      atRest(daemon, report);
    } finally {
      Processes.output(directory, "rm", "-rf", home.toString());
    }
  }

  private static void atRest(MeasuredDaemon daemon, Report report)
      throws IOException, InterruptedException {
    long pid = daemon.daemon().pid();
    TimeUnit.SECONDS.sleep(CALM_SECONDS);
    double before = Run.cpuSeconds(pid);
    TimeUnit.SECONDS.sleep(REST_SECONDS);
    double used = Run.cpuSeconds(pid) - before;
    ProcessUse use = ProcessUse.of(pid);
    report.print("  own / resident memory:         %s MiB", daemon.memory());
    report.print("  threads, open files:           %d, %d", use.threads(), use.files());
    report.print("  processor time in %d s of rest: %.2f s", REST_SECONDS, used);
    daemon.jcmd("GC.run");
    Matcher heap = HEAP_USED.matcher(daemon.jcmd("GC.heap_info"));
    if (heap.find()) {
      report.print("  heap in use after a collection: %d MiB", Long.parseLong(heap.group(1)) >> 10);
    }
    report.print("  own / resident memory then:    %s MiB", daemon.memory());
  }
}
