package io.everwhen.journal.benchmark;

import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Random 4 KiB reads of a disk of 64 MiB as it was in the middle of its history, as it is now, and
 * of a plain file; and finding a place in the index of a segment.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PastBenchmark {

  private static final int BLOCK_BYTES = 4096;
  private static final int BLOCKS = 1 << 14;
  private static final int SETTLED_TOGETHER = 64;
  private static final int PRIME = 7919;

  private static final Manifest.Disk DISK =
      new Manifest.Disk(0, "disk0", (long) BLOCKS * BLOCK_BYTES, BLOCK_BYTES);

  /** Random writes of 4 KiB in the history. */
  @Param("65536")
  public int writes;

  private final SplittableRandom random = new SplittableRandom(PRIME);
  private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
  private @Nullable Opened opened;

  private record Opened(
      TemporaryDirectory directory,
      Group group,
      History history,
      PastView past,
      SegmentIndex index,
      FileChannel plain) {}

  @Setup(Level.Trial)
  public void setUp() throws IOException {
    TemporaryDirectory directory = new TemporaryDirectory();
    Storage journal = DiskStorage.create(directory.resolve("journal"));
    List<Storage> homes = List.of(DiskStorage.create(directory.resolve("disk0")));
    GroupOptions options = GroupOptions.DEFAULT.withJournal(new JournalOptions(16 << 20, 0));
    Group.create(journal, homes, List.of(DISK), new SystemClock(), random.split());
    try (Group group = Group.open(journal, homes, options, new SystemClock(), random.split())) {
      write(group);
    }
    // Closed and opened: everything is sealed, and in the image.
    Group group = Group.open(journal, homes, options, new SystemClock(), random.split());
    History history = History.open(journal);
    opened =
        new Opened(
            directory,
            group,
            history,
            new PastView(history, DISK, history.head().sequence() / 2),
            history.segments().getFirst().index(),
            AppendedFiles.overwritten(directory.resolve("plain"), DISK.sizeBytes()));
  }

  private void write(Group group) throws IOException {
    ByteBuffer[] payloads = new ByteBuffer[SETTLED_TOGETHER];
    for (int i = 0; i < payloads.length; i++) {
      payloads[i] = ByteBuffer.allocateDirect(BLOCK_BYTES).putLong(0, i);
    }
    for (int i = 0; i < writes; i++) {
      long offset = (long) random.nextInt(BLOCKS) * BLOCK_BYTES;
      ByteBuffer payload = payloads[i % payloads.length].clear();
      group.change(() -> group.volume(0).write(offset, payload));
      if (i % payloads.length == payloads.length - 1) {
        group.volume(0).settle();
      }
    }
    group.volume(0).flush();
  }

  @TearDown(Level.Trial)
  public void tearDown() throws IOException {
    Opened files = opened();
    try (TemporaryDirectory _ = files.directory;
        Group _ = files.group;
        History _ = files.history;
        PastView _ = files.past;
        FileChannel _ = files.plain) {
      opened = null;
    }
  }

  private Opened opened() {
    return Objects.requireNonNull(opened);
  }

  private long anyBlock() {
    return (long) random.nextInt(BLOCKS) * BLOCK_BYTES;
  }

  @Benchmark
  public int lookup() {
    return opened().index.firstExtentReaching(0, anyBlock());
  }

  @Benchmark
  public ByteBuffer readPast() throws IOException {
    opened().past.read(anyBlock(), block.clear());
    return block;
  }

  @Benchmark
  public ByteBuffer readLive() throws IOException {
    opened().group.volume(0).read(anyBlock(), block.clear());
    return block;
  }

  @Benchmark
  public ByteBuffer readPlain() throws IOException {
    int read = opened().plain.read(block.clear(), anyBlock());
    return block.limit(read);
  }
}
