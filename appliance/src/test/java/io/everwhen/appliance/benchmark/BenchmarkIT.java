package io.everwhen.appliance.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The benchmark: {@code mvn verify -Pbenchmark}, with {@link Settings}. It says how fast, and fails
 * only of errors. With {@code -Deverwhen.benchmark.sustained=MINUTES} it is a long run instead.
 */
@Tag("benchmark")
class BenchmarkIT {

  private static final int SUSTAINED_MINUTES = Settings.number("sustained", 0);

  @TempDir private Path directory;

  @Test
  void everwhenBesideThePeers() throws Exception {
    TgtPeer.need();
    OtherInitiators.need();
    Settings settings = Settings.ofProperties();
    try (Report report = new Report(settings.output())) {
      report.print("%s", Machine.describe(directory));
      report.print("%s", settings);
      if (SUSTAINED_MINUTES > 0) {
        new SustainedRun(settings, directory, report).run(SUSTAINED_MINUTES);
      } else {
        compare(settings, report);
      }
    }
  }

  private void compare(Settings settings, Report report) throws Exception {
    try (Benchmark benchmark = new Benchmark(settings, directory, report)) {
      List<CaseResult> results = benchmark.run(BenchmarkCase.all());
      report.details(results);
      report.memory(benchmark.peers());
      report.goals(results);
      new OtherInitiators(settings, directory, report).run(benchmark);
      assertThat(results)
          .allSatisfy(result -> assertThat(result.least("everwhen", Run::perSecond)).isPositive());
    }
    forTheRecord(settings, report);
  }

  /** jSCSI serves one connection at a time, and hangs easily. */
  private void forTheRecord(Settings settings, Report report) throws Exception {
    report.print("%njSCSI 2.5.2, for the record: operations a second, one run each");
    for (BenchmarkCase one : BenchmarkCase.forTheRecord()) {
      if (settings.wants("jscsi") || settings.only().pattern().isEmpty()) {
        try (Generator generator = new Generator();
            Peer jscsi = JvmPeer.jscsi(directory.resolve("jscsi"), 512)) {
          generator.run(jscsi.address(), Workload.writes(64 << 10, 1).wholly(512 << 4));
          Run run = Run.of(generator, jscsi, one.workload().during(settings.millis(), 0));
          report.print(
              "%-34s %10.0f, %.1f us of processor time",
              one.name(), run.perSecond(), run.cpuMicros());
        } catch (IOException e) {
          report.print("%-34s %s", one.name(), e);
        }
      }
    }
  }
}
