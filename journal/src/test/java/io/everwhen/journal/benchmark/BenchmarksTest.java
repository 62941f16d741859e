package io.everwhen.journal.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * That the benchmarks run; how fast is no matter here. With {@code -Deverwhen.benchmark.rounds=N}
 * they are measured, and the table of docs/PERFORMANCE.md is printed.
 */
class BenchmarksTest {

  private static final int ROUNDS = Integer.getInteger("everwhen.benchmark.rounds", 0);

  @Test
  void everyBenchmarkRuns() throws RunnerException {
    if (ROUNDS > 0) {
      Benchmarks.printTable(ROUNDS);
      return;
    }
    var results =
        new Runner(
                Benchmarks.options()
                    .param("group", "32")
                    .param("writes", "2000")
                    .mode(Mode.SingleShotTime)
                    .timeUnit(TimeUnit.MICROSECONDS)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .forks(0)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    assertThat(results).hasSize(8);
  }
}
