package io.everwhen.journal.benchmark;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs all benchmarks for some rounds, and prints the table of docs/PERFORMANCE.md. Each round
 * gives a ratio to what the same costs without a journal, measured right beside it; the table has
 * the median of the rounds, so that it says little about the machine.
 */
final class Benchmarks {

  /** What is compared with what. */
  private record Comparison(String what, String beside) {}

  private static final List<Comparison> COMPARISONS =
      List.of(
          new Comparison("append", "appendPlain"),
          new Comparison("commit", "commitPlain"),
          new Comparison("lookup", "readPlain"),
          new Comparison("readPast", "readPlain"),
          new Comparison("readPast", "readLive"),
          new Comparison("readLive", "readPlain"));

  private Benchmarks() {}

  /** The benchmarks, each in a process of its own unless said otherwise. */
  static ChainedOptionsBuilder options() {
    return new OptionsBuilder()
        .include("\\.(Append|Past)Benchmark\\.")
        .jvmArgsAppend("--enable-native-access=ALL-UNNAMED", "-Xmx1g", "-XX:+UseParallelGC")
        .shouldFailOnError(true);
  }

  static void printTable(int rounds) throws RunnerException {
    Map<String, List<Double>> ratios = new TreeMap<>();
    Map<String, List<Double>> micros = new TreeMap<>();
    for (int round = 0; round < rounds; round++) {
      Collection<RunResult> results = new Runner(options().build()).run();
      for (Comparison comparison : COMPARISONS) {
        compare(comparison, results, ratios, micros);
      }
    }
    System.out.printf("%n| | group | median, µs | ratio | of each round |%n");
    System.out.printf("| --- | --- | --- | --- | --- |%n");
    ratios.forEach((name, each) ->
        System.out.printf(
            "| %s | %.2f | %.2f | %s |%n",
            name,
            median(micros.getOrDefault(name, each)),
            median(each),
            each.stream().map("%.2f"::formatted).toList()));
  }

  private static void compare(
      Comparison comparison,
      Collection<RunResult> results,
      Map<String, List<Double>> ratios,
      Map<String, List<Double>> micros) {
    for (RunResult what : results) {
      for (RunResult beside : results) {
        if (isOf(what, comparison.what)
            && isOf(beside, comparison.beside)
            && group(what).equals(group(beside))) {
          String name = "%s / %s | %s".formatted(comparison.what, comparison.beside, group(what));
          double cost = medianOf(what);
          micros.computeIfAbsent(name, _ -> new ArrayList<>()).add(cost);
          ratios.computeIfAbsent(name, _ -> new ArrayList<>()).add(cost / medianOf(beside));
        }
      }
    }
  }

  private static boolean isOf(RunResult result, String benchmark) {
    return result.getParams().getBenchmark().endsWith("." + benchmark);
  }

  private static String group(RunResult result) {
    String group = result.getParams().getParam("group");
    return group == null ? "" : group;
  }

  private static double medianOf(RunResult result) {
    return result.getPrimaryResult().getStatistics().getPercentile(50);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted(Comparator.naturalOrder()).toList();
    return sorted.get(sorted.size() / 2);
  }
}
