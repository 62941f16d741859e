package io.everwhen.appliance.benchmark;

import java.util.List;

/**
 * What is asked for.
 *
 * @param what in words
 * @param name of the case
 * @param figure which of its figures
 * @param bound the least of a speed, the most of anything else
 */
record Goal(String what, String name, Figure figure, double bound) {

  /** What is compared, and with what. */
  enum Figure {
    SPEED,
    SPEED_OF_NULL_DISK,
    SPEED_OF_MEMORY,
    SPEED_OF_PLAIN,
    CPU,
    P99,
    P999;

    double of(CaseResult result) {
      return switch (this) {
        case SPEED -> result.ratio("everwhen", "tgt", Run::perSecond);
        case SPEED_OF_NULL_DISK -> result.ratio("everwhen", "null disk", Run::perSecond);
        case SPEED_OF_MEMORY -> result.ratio("everwhen", "memory", Run::perSecond);
        case SPEED_OF_PLAIN -> result.ratio("everwhen", "plain", Run::perSecond);
        case CPU -> result.ratio("everwhen", "tgt", Run::cpuMicros);
        case P99 -> result.ratio("everwhen", "tgt", Run::p99);
        case P999 -> result.ratio("everwhen", "tgt", Run::p999);
      };
    }

    boolean isLeast() {
      return switch (this) {
        case SPEED, SPEED_OF_NULL_DISK, SPEED_OF_MEMORY, SPEED_OF_PLAIN -> true;
        case CPU, P99, P999 -> false;
      };
    }
  }

  static final List<Goal> ALL =
      List.of(
          speed("4 KiB random read, depth 1", BenchmarkCase.READ_D1, 2),
          speed("4 KiB random read, depth 32", BenchmarkCase.READ_D32, 3),
          speed("4 KiB random write, depth 1", BenchmarkCase.WRITE_D1, 2),
          speed("4 KiB random write, depth 32", BenchmarkCase.WRITE_D32, 2.5),
          speed("64 KiB read, depth 16", BenchmarkCase.READ_64K, 2.3),
          speed("64 KiB write, depth 16", BenchmarkCase.WRITE_64K, 3.5),
          speed("1 MiB read, depth 8", BenchmarkCase.READ_1M, 2),
          speed("1 MiB write, depth 8", BenchmarkCase.WRITE_1M, 2.5),
          speed("4 KiB write and flush each", BenchmarkCase.FLUSH_1, 1.5),
          speed("4 KiB write, 32 a flush", BenchmarkCase.FLUSH_32, 2.5),
          speed("4 KiB mixed 70/30, 16 connections", BenchmarkCase.MIXED_16, 2.5),
          most("CPU of a 4 KiB read, depth 32", BenchmarkCase.READ_D32, Figure.CPU, 0.25),
          most("CPU of a 4 KiB write, depth 32", BenchmarkCase.WRITE_D32, Figure.CPU, 0.4),
          most("p99 of a 4 KiB read, depth 1", BenchmarkCase.READ_D1, Figure.P99, 1),
          most("p99.9 of a 4 KiB read, depth 1", BenchmarkCase.READ_D1, Figure.P999, 1),
          most("p99 of a 4 KiB write, depth 1", BenchmarkCase.WRITE_D1, Figure.P99, 1),
          most("p99.9 of a 4 KiB write, depth 1", BenchmarkCase.WRITE_D1, Figure.P999, 1),
          limit("4 KiB random read, depth 1, of the null disk", BenchmarkCase.READ_D1, 0.85),
          limit("4 KiB random read, depth 32, of the null disk", BenchmarkCase.READ_D32, 0.85),
          limit("64 KiB read, depth 16, of the null disk", BenchmarkCase.READ_64K, 0.85),
          limit("1 MiB read, depth 8, of the null disk", BenchmarkCase.READ_1M, 0.85),
          limit("4 KiB random write, depth 32, of the null disk", BenchmarkCase.WRITE_D32, 0.6),
          memory("4 KiB random read, depth 1", BenchmarkCase.READ_D1, 0.85),
          memory("4 KiB random read, depth 32", BenchmarkCase.READ_D32, 0.85),
          memory("64 KiB read, depth 16", BenchmarkCase.READ_64K, 0.85),
          memory("1 MiB read, depth 8", BenchmarkCase.READ_1M, 0.85),
          memory("4 KiB random write, depth 32", BenchmarkCase.WRITE_D32, 0.6),
          journalling("4 KiB random read, depth 32", BenchmarkCase.READ_D32),
          journalling("4 KiB random write, depth 32", BenchmarkCase.WRITE_D32));

  private static Goal speed(String what, BenchmarkCase of, double least) {
    return new Goal(what, of.name(), Figure.SPEED, least);
  }

  private static Goal limit(String what, BenchmarkCase of, double least) {
    return new Goal(what, of.name(), Figure.SPEED_OF_NULL_DISK, least);
  }

  /** The same of a disk that is wholly in memory. */
  private static Goal memory(String what, BenchmarkCase of, double least) {
    String whole = what + ", of the same engine on memory";
    return new Goal(whole, of.name(), Figure.SPEED_OF_MEMORY, least);
  }

  /** What journalling may cost. */
  private static Goal journalling(String what, BenchmarkCase of) {
    String whole = what + ", of the same engine without a journal";
    return new Goal(whole, of.name(), Figure.SPEED_OF_PLAIN, 0.85);
  }

  private static Goal most(String what, BenchmarkCase of, Figure figure, double most) {
    return new Goal(what, of.name(), figure, most);
  }

  boolean isMet(double ratio) {
    return figure.isLeast() ? ratio >= bound : ratio <= bound;
  }
}
