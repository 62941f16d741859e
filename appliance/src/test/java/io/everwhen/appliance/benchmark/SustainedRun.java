package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.testing.ProcessUse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/**
 * Random 4 KiB writes to Everwhen alone, at full speed for many minutes, with so little room for
 * history that it is thinned and folded while the image gets what was written.
 */
final class SustainedRun {

  private static final int MINUTE = 60;

  private static final String RETENTION =
      "retention: every instant for 1m, then every 10m for 1h\n";

  private final Settings settings;
  private final Path directory;
  private final Report report;

  SustainedRun(Settings settings, Path directory, Report report) {
    this.settings = settings;
    this.directory = directory;
    this.report = report;
  }

  void run(int minutes) throws IOException, InterruptedException {
    int journal = Settings.number("journal", 4096);
    try (Generator generator = new Generator();
        EverwhenPeer everwhen =
            new EverwhenPeer(
                directory.resolve("everwhen"),
                settings.mebibytes(),
                journal,
                RETENTION,
                settings.settleSeconds())) {
      generator.run(everwhen.address(), Workload.filling(settings.mebibytes()));
      everwhen.settle();
      report.print(
          "%nRandom 4 KiB writes at depth 32 for %d min; disk of %d MiB, history of %d MiB; %s",
          minutes, settings.mebibytes(), journal, RETENTION.strip());
      double before = Run.cpuSeconds(everwhen.pid());
      Measured measured =
          generator.run(
              everwhen.address(),
              Workload.writes(4096, 32).atRandom().during(minutes * MINUTE * 1000, 1));
      tell(measured, minutes);
      report.print(
          "processor time %.1f us an operation; most resident memory %d MiB",
          (Run.cpuSeconds(everwhen.pid()) - before) * 1e6 / measured.operations(),
          ProcessUse.of(everwhen.pid()).peakBytes() >> 20);
      JsonNode status = everwhen.status();
      report.print(
          "at the end: entries not applied %d, oldest entry kept %d of %d, journal %d of %d MiB",
          status.get("last_sequence").asLong() - status.get("applied_sequence").asLong(),
          status.get("horizon_sequence").asLong(),
          status.get("last_sequence").asLong(),
          status.get("journal_bytes").asLong() >> 20,
          status.get("journal_limit_bytes").asLong() >> 20);
    }
  }

  private void tell(Measured measured, int minutes) {
    double[] each = new double[minutes];
    for (int minute = 0; minute < minutes; minute++) {
      long[] seconds =
          Arrays.copyOfRange(measured.eachSecond(), minute * MINUTE, (minute + 1) * MINUTE);
      each[minute] = Arrays.stream(seconds).average().orElse(0);
      report.print(
          "minute %2d: %8.0f writes/s; its seconds %d..%d",
          minute + 1,
          each[minute],
          Arrays.stream(seconds).min().orElse(0),
          Arrays.stream(seconds).max().orElse(0));
    }
    report.print(
        "last minute / first minute %.2f; longest pause %.1f ms, slowest write %.1f ms, p99.9 %.2f"
            + " ms",
        each[minutes - 1] / each[0],
        measured.pause() / 1e6,
        measured.longest() / 1e6,
        measured.p999() / 1e6);
  }
}
