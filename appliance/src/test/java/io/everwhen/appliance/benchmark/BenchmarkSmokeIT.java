package io.everwhen.appliance.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.LibiscsiInitiator;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A minute of the benchmark: every case gives a result on every peer without an error, and what the
 * load generator has written is there, for itself and for libiscsi. How fast is printed only.
 */
class BenchmarkSmokeIT {

  private static final int BLOCK_BYTES = 4096;
  private static final int SECTORS = BLOCK_BYTES / 512;

  @TempDir private Path directory;

  @Test
  void everyCaseGivesAResultOnEveryPeer() throws Exception {
    TgtPeer.need();
    LibiscsiInitiator.need();
    Settings settings = Settings.smoke();
    try (Report report = new Report(settings.output());
        Benchmark benchmark = new Benchmark(settings, directory, report)) {
      report.print("%s", Machine.describe(directory));
      List<CaseResult> results = benchmark.run(BenchmarkCase.smoke());
      report.details(results);
      report.memory(benchmark.peers());
      report.goals(results);
      assertThat(results).hasSameSizeAs(BenchmarkCase.smoke());
      assertThat(benchmark.peers()).hasSize(6);
      assertThat(benchmark.measured(BenchmarkCase.WRITE_D32)).hasSize(6);
      for (CaseResult result : results) {
        assertThat(benchmark.measured(result.benchmarkCase()))
            .allSatisfy(peer ->
                assertThat(result.least(peer.name(), Run::perSecond))
                    .as("%s on %s", result.name(), peer.name())
                    .isPositive());
      }
      for (Peer peer : benchmark.keeping()) {
        whatIsWrittenIsThere(benchmark.generator(), peer, settings.mebibytes());
      }
    }
  }

  private static void whatIsWrittenIsThere(Generator generator, Peer peer, int mebibytes)
      throws Exception {
    long blocks = ((long) mebibytes << 20) / BLOCK_BYTES;
    generator.run(peer.address(), Workload.writes(BLOCK_BYTES, 32).wholly(blocks));
    Measured read =
        generator.run(peer.address(), Workload.reads(BLOCK_BYTES, 32).checked().wholly(blocks));
    assertThat(read.operations()).isEqualTo(blocks);
    try (LibiscsiInitiator other = LibiscsiInitiator.connect(peer.address().url())) {
      for (long block : new long[] {0, 1, blocks / 3, blocks - 1}) {
        ByteBuffer content = ByteBuffer.wrap(other.read(block * SECTORS, SECTORS));
        assertThat(content.getLong()).isEqualTo(LoadSession.stamp(block * BLOCK_BYTES));
        assertThat(content.getLong()).isNotZero();
      }
    }
  }
}
