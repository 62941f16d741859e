package io.everwhen.appliance.benchmark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What all runs of a case gave, by the names of the peers. */
final class CaseResult {

  private final BenchmarkCase benchmarkCase;
  private final Map<String, List<Run>> runs = new LinkedHashMap<>();

  CaseResult(BenchmarkCase benchmarkCase) {
    this.benchmarkCase = benchmarkCase;
  }

  BenchmarkCase benchmarkCase() {
    return benchmarkCase;
  }

  String name() {
    return benchmarkCase.name();
  }

  void add(String peer, Run run) {
    runs.computeIfAbsent(peer, _ -> new ArrayList<>()).add(run);
  }

  /** The median of what a peer did; NaN where it was not run. */
  double median(String peer, ToDoubleFunction<Run> figure) {
    double[] sorted = sorted(peer, figure);
    int half = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  double least(String peer, ToDoubleFunction<Run> figure) {
    double[] sorted = sorted(peer, figure);
    return sorted.length == 0 ? Double.NaN : sorted[0];
  }

  double most(String peer, ToDoubleFunction<Run> figure) {
    double[] sorted = sorted(peer, figure);
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length - 1];
  }

  /** Of the medians of two peers. */
  double ratio(String of, String to, ToDoubleFunction<Run> figure) {
    return median(of, figure) / median(to, figure);
  }

  private double[] sorted(String peer, ToDoubleFunction<Run> figure) {
    return runs.getOrDefault(peer, List.of()).stream().mapToDouble(figure).sorted().toArray();
  }
}
