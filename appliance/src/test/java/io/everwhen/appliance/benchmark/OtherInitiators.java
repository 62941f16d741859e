package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.appliance.testing.QemuImg;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The same comparison by initiators that are not ours: {@code qemu-img bench} and {@code
 * iscsi-perf}, which are libiscsi and cost much more than the load generator. Each run is a process
 * of its own, on both targets the same number of operations or the same time.
 */
final class OtherInitiators {

  private static final Pattern COMPLETED = Pattern.compile("Run completed in ([\\d.]+) seconds");
  private static final Pattern AVERAGE = Pattern.compile("iops average (\\d+)");
  private static final int BLOCK_BYTES = 512;
  private static final int TRIED_BYTES = 32 << 20;
  private static final int TRIED_MAX = 2000;
  private static final int TRIED_MIN = 64;

  /** Names and what is run, before the URL; the placeholder is a number of operations. */
  private record Other(String name, int blockBytes, List<String> command) {
    boolean counts() {
      return command.getFirst().equals("qemu-img");
    }
  }

  private final Settings settings;
  private final Path directory;
  private final Report report;

  OtherInitiators(Settings settings, Path directory, Report report) {
    this.settings = settings;
    this.directory = directory;
    this.report = report;
  }

  static void need() throws IOException, InterruptedException {
    QemuImg.need();
    Needs.program("iscsi-perf", "libiscsi-bin");
  }

  private List<Other> cases() {
    String seconds = Integer.toString(settings.millis() / 1000 + 1);
    List<Other> all =
        new ArrayList<>(
            List.of(
                perf("randread-4k-m1", 4 << 10, 1, seconds, "-r"),
                perf("randread-4k-m32", 4 << 10, 32, seconds, "-r"),
                perf("seqread-4k-m32", 4 << 10, 32, seconds),
                perf("seqread-64k-m16", 64 << 10, 16, seconds),
                perf("seqread-1m-m8", 1 << 20, 8, seconds)));
    all.addAll(
        List.of(
            qemu("read-4k-d1", 4 << 10, 1),
            qemu("read-4k-d32", 4 << 10, 32),
            qemu("read-64k-d16", 64 << 10, 16),
            qemu("read-1m-d8", 1 << 20, 8),
            qemu("write-4k-d1", 4 << 10, 1, "-w"),
            qemu("write-4k-d32", 4 << 10, 32, "-w"),
            qemu("write-64k-d16", 64 << 10, 16, "-w"),
            qemu("write-256k-d8", 256 << 10, 8, "-w"),
            qemu("write-1m-d1", 1 << 20, 1, "-w"),
            qemu("write-1m-d8", 1 << 20, 8, "-w"),
            qemu("write-4k-d1-flush1", 4 << 10, 1, "-w", "--flush-interval=1"),
            qemu("write-4k-d32-flush32", 4 << 10, 32, "-w", "--flush-interval=32")));
    return all;
  }

  private static Other perf(String name, int bytes, int depth, String seconds, String... more) {
    List<String> command = new ArrayList<>(List.of("iscsi-perf"));
    command.addAll(List.of("-b", Integer.toString(bytes / BLOCK_BYTES)));
    command.addAll(List.of("-m", Integer.toString(depth), "-t", seconds));
    command.addAll(List.of(more));
    return new Other("iscsi-perf-" + name, bytes, command);
  }

  private static Other qemu(String name, int bytes, int depth, String... more) {
    List<String> command = new ArrayList<>(List.of("qemu-img", "bench", "-f", "raw", "-t", "none"));
    command.addAll(List.of("-d", Integer.toString(depth), "-s", Integer.toString(bytes)));
    command.addAll(List.of(more));
    return new Other("qemu-img-" + name, bytes, command);
  }

  /** Runs those that are wanted. */
  void run(Benchmark benchmark) throws IOException, InterruptedException {
    report.print(
        "%nBy other initiators; processor time of the target in microseconds an operation");
    report.print(
        "%-34s %24s %24s %9s %9s %9s %9s",
        "case", "everwhen", "tgt", "ratio", "everwhen", "tgt", "ratio");
    for (Other other : cases()) {
      if (settings.wants(other.name())) {
        CaseResult result = run(benchmark, other);
        report.print(
            "%-34s %24s %24s %9.2f %9.1f %9.1f %9.2f",
            other.name(),
            Report.spread(result, "everwhen"),
            Report.spread(result, "tgt"),
            result.ratio("everwhen", "tgt", Run::perSecond),
            result.median("everwhen", Run::cpuMicros),
            result.median("tgt", Run::cpuMicros),
            result.ratio("everwhen", "tgt", Run::cpuMicros));
      }
    }
  }

  private CaseResult run(Benchmark benchmark, Other other)
      throws IOException, InterruptedException {
    CaseResult result =
        new CaseResult(new BenchmarkCase(other.name(), Workload.reads(other.blockBytes(), 1)));
    long tried = Math.clamp(TRIED_BYTES / other.blockBytes(), TRIED_MIN, TRIED_MAX);
    double best = 0;
    for (Peer peer : benchmark.compared()) {
      best = Math.max(best, once(peer, other, tried).perSecond());
    }
    long count = Math.max(TRIED_MIN, (long) (best * settings.millis() / 1000));
    for (int round = 0; round < settings.rounds(); round++) {
      List<Peer> compared = benchmark.compared();
      for (Peer peer : round % 2 == 0 ? compared : compared.reversed()) {
        benchmark.settle();
        Machine.makeReady(directory, settings.ballastMebibytes());
        result.add(peer.name(), once(peer, other, count));
      }
    }
    return result;
  }

  private Run once(Peer peer, Other other, long count) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(other.command());
    if (other.counts()) {
      command.addAll(List.of("-c", Long.toString(count)));
    }
    command.add(peer.address().url());
    double before = Run.cpuSeconds(peer.pid());
    Outcome outcome = Processes.run(directory, command).done();
    double used = Run.cpuSeconds(peer.pid()) - before;
    double perSecond = other.counts() ? count / last(COMPLETED, outcome) : last(AVERAGE, outcome);
    double operations = other.counts() ? count : perSecond * (settings.millis() / 1000 + 1);
    return new Run(perSecond, used * 1e6 / operations, 0, 0, 0, 0, 0);
  }

  private static double last(Pattern pattern, Outcome outcome) throws IOException {
    List<String> found =
        pattern.matcher(outcome.out()).results().map((MatchResult one) -> one.group(1)).toList();
    if (found.isEmpty()) {
      throw new IOException("no figure in " + outcome);
    }
    return Double.parseDouble(found.getLast());
  }
}
