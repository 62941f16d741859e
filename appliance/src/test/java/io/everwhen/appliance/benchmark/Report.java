package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.testing.ProcessUse;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The tables, as they are made: on standard output and in a file. */
final class Report implements AutoCloseable {

  private final PrintStream file;

  Report(Path output) throws IOException {
    Path absolute = output.toAbsolutePath();
    Files.createDirectories(absolute.getParent());
    file = new PrintStream(Files.newOutputStream(absolute), true, StandardCharsets.UTF_8);
  }

  /** A line, as {@link String#format} has it. */
  @SuppressWarnings("AnnotateFormatMethod") // its annotation would be a dependency
  void print(String format, Object... values) {
    String line = String.format(Locale.ROOT, format, values);
    System.out.println(line);
    file.println(line);
  }

  /** What the columns of {@link #add} are. */
  void heading() {
    print(
        "%nOperations a second, median (least..most of the rounds); everwhen / tgt is the ratio of"
            + " the medians; of plain, of memory, of null, of echo: everwhen's share of what these do");
    print(
        "%-34s %24s %24s %9s %9s %8s %9s %8s %8s",
        "case", "everwhen", "tgt", "MB/s", "ratio", "of plain", "of memory", "of null", "of echo");
  }

  void add(CaseResult result) {
    ToDoubleFunction<Run> speed = Run::perSecond;
    print(
        "%-34s %24s %24s %9.1f %9.2f %8s %9s %8s %8s",
        result.name(),
        spread(result, "everwhen"),
        spread(result, "tgt"),
        result.median("everwhen", speed) * result.benchmarkCase().workload().blockBytes() / 1e6,
        result.ratio("everwhen", "tgt", speed),
        share(result, "plain"),
        share(result, "memory"),
        share(result, "null disk"),
        share(result, "echo"));
  }

  /** What Everwhen does of what another does; nothing where that was not run. */
  private static String share(CaseResult result, String peer) {
    double ratio = result.ratio("everwhen", peer, Run::perSecond);
    return Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.2f", ratio);
  }

  static String spread(CaseResult result, String peer) {
    return String.format(
        Locale.ROOT,
        "%.0f (%.0f..%.0f)",
        result.median(peer, Run::perSecond),
        result.least(peer, Run::perSecond),
        result.most(peer, Run::perSecond));
  }

  /** Processor time and latencies of all cases. */
  void details(List<CaseResult> results) {
    print(
        "%nMicroseconds: processor time of each for one operation, with the ratio, and of the load"
            + " generator against each; latencies, everwhen / tgt, medians of the rounds");
    print(
        "%-34s %9s %9s %6s %12s %19s %19s %19s",
        "case", "everwhen", "tgt", "ratio", "generator", "p50", "p99", "p99.9");
    for (CaseResult result : results) {
      print(
          "%-34s %9.1f %9.1f %6.2f %12s %19s %19s %19s",
          result.name(),
          result.median("everwhen", Run::cpuMicros),
          result.median("tgt", Run::cpuMicros),
          result.ratio("everwhen", "tgt", Run::cpuMicros),
          both(result, Run::generatorMicros, "%.1f / %.1f"),
          both(result, Run::p50, "%.0f / %.0f"),
          both(result, Run::p99, "%.0f / %.0f"),
          both(result, Run::p999, "%.0f / %.0f"));
    }
  }

  private static String both(CaseResult result, ToDoubleFunction<Run> figure, String format) {
    return String.format(
        Locale.ROOT, format, result.median("everwhen", figure), result.median("tgt", figure));
  }

  /** The most memory that each ever had. */
  void memory(List<Peer> peers) throws IOException {
    print("%nMost resident memory, MiB; in it pages of files that are mapped");
    for (Peer peer : peers) {
      print("%-34s %9d", peer.name(), ProcessUse.of(peer.pid()).peakBytes() >> 20);
    }
  }

  /** What is asked for, and what came of it. */
  void goals(List<CaseResult> results) {
    print("%n%-74s %8s %12s", "everwhen / tgt, or of what is named", "ratio", "asked for");
    for (Goal goal : Goal.ALL) {
      results.stream()
          .filter(result -> result.name().equals(goal.name()))
          .map(result -> goal.figure().of(result))
          .filter(ratio -> !ratio.isNaN())
          .findFirst()
          .ifPresent(ratio -> goal(goal, ratio));
    }
  }

  private void goal(Goal goal, double ratio) {
    print(
        "%-74s %8.2f %12s  %s",
        goal.what(),
        ratio,
        (goal.figure().isLeast() ? ">= " : "<= ") + goal.bound(),
        goal.isMet(ratio) ? "met" : "NOT MET");
  }

  @Override
  public void close() {
    file.close();
  }
}
