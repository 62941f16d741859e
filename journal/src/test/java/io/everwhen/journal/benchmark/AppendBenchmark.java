package io.everwhen.journal.benchmark;

import java.io.IOException;
import java.util.Objects;
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
 * Appending groups of 4 KiB writes, and committing them, beside one {@code write} of the same bytes
 * - headers included - for each group, and one {@code fdatasync}. A measurement is 16 MiB of writes
 * when settled, 64 groups when synced.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(1)
public class AppendBenchmark {

  private static final int WRITES = 4096;
  private static final int COMMITS = 64;

  /** How many writes are settled, or synced, together. */
  @Param({"1", "32", "256"})
  public int group;

  private @Nullable AppendedFiles opened;

  @Setup(Level.Iteration)
  public void setUp() throws IOException {
    opened = new AppendedFiles(Math.max(WRITES, COMMITS * group), group);
  }

  @TearDown(Level.Iteration)
  public void tearDown() throws IOException {
    files().close();
  }

  private AppendedFiles files() {
    return Objects.requireNonNull(opened);
  }

  @Benchmark
  public void append() throws IOException {
    AppendedFiles files = files();
    for (int i = 0; i < WRITES; i += group) {
      files.stage();
      files.journal().settle();
    }
  }

  @Benchmark
  public void appendPlain() throws IOException {
    AppendedFiles files = files();
    for (int i = 0; i < WRITES; i += group) {
      files.writePlain();
    }
  }

  @Benchmark
  public void commit() throws IOException {
    AppendedFiles files = files();
    for (int i = 0; i < COMMITS; i++) {
      files.stage();
      files.journal().sync();
    }
  }

  @Benchmark
  public void commitPlain() throws IOException {
    AppendedFiles files = files();
    for (int i = 0; i < COMMITS; i++) {
      files.writePlain();
      files.plain().force(false);
    }
  }
}
