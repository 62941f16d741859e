package io.everwhen.journal.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.DiskStorage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That appending leaves nothing for the garbage collector. */
class AllocationTest {

  private static final int WRITE_BYTES = 512;
  private static final long DISK_BYTES = 1L << 30;
  private static final int GROUP = 16;
  private static final int ROUNDS = 4;
  private static final int ROUND_WRITES = 100_000;
  private static final long SEGMENT_BYTES =
      ((long) ROUNDS * ROUND_WRITES + 1000) * (WRITE_BYTES + 64);
  private static final double BYTES_PER_WRITE_MAX = 1;

  @Test
  void appendingAllocatesNothingOnceItIsCompiled(@TempDir Path directory) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<Double> allocated = new ArrayList<>();
    try (Journal journal = open(directory)) {
      ByteBuffer[] payloads = new ByteBuffer[GROUP];
      for (int i = 0; i < GROUP; i++) {
        payloads[i] = ByteBuffer.allocateDirect(WRITE_BYTES);
      }
      for (int i = 0; i < ROUNDS; i++) {
        // There is no other thread: whoever settles writes.
        long before = threads.getCurrentThreadAllocatedBytes();
        write(journal, payloads);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        allocated.add((double) bytes / ROUND_WRITES);
      }
    }
    System.out.println("bytes allocated for each write, round by round: " + allocated);
    assertThat(Collections.min(allocated)).isLessThan(BYTES_PER_WRITE_MAX);
  }

  private static void write(Journal journal, ByteBuffer[] payloads) throws IOException {
    for (int i = 0; i < ROUND_WRITES; i += GROUP) {
      for (int k = 0; k < GROUP; k++) {
        long block = (i + k) * 2_654_435_761L % (DISK_BYTES / WRITE_BYTES);
        journal.write(0, block * WRITE_BYTES, payloads[k].clear());
      }
      journal.settle();
    }
  }

  private static Journal open(Path directory) throws IOException {
    JournalFiles files = new JournalFiles(DiskStorage.create(directory.resolve("journal")));
    Clock clock = new SystemClock();
    Manifest manifest =
        new Manifest(
            new UUID(1, 2),
            List.of(new Manifest.Disk(0, "disk0", DISK_BYTES, WRITE_BYTES)),
            Manifest.Baseline.empty(clock.wallNanos()),
            0);
    files.writeManifest(manifest);
    Journal journal =
        Journal.open(
            files,
            manifest,
            new JournalOptions(SEGMENT_BYTES, 0),
            clock,
            new SplittableRandom(),
            0,
            (kind, disk, offset, length, payloadLength, encoded, sequence, segment, place) -> {},
            null,
            null);
    journal.startWith(new long[] {DISK_BYTES});
    journal.prepareNext(() -> false, true, 0);
    return journal;
  }
}
