package io.everwhen.appliance.benchmark;

import java.util.List;

/**
 * A case of the benchmark.
 *
 * @param name such as {@code read-4k-random-d32}: what is done, in blocks of which size, in which
 *     order, and at which depth on how many connections
 */
record BenchmarkCase(String name, Workload workload) {

  static final int ROUND_TRIP_MICROS = 300;

  private static final int KIB_4 = 4 << 10;
  private static final int KIB_64 = 64 << 10;
  private static final int KIB_256 = 256 << 10;
  private static final int MIB = 1 << 20;

  static final BenchmarkCase READ_D1 =
      new BenchmarkCase("read-4k-random-d1", Workload.reads(KIB_4, 1).atRandom());
  static final BenchmarkCase READ_D32 =
      new BenchmarkCase("read-4k-random-d32", Workload.reads(KIB_4, 32).atRandom());
  static final BenchmarkCase WRITE_D1 =
      new BenchmarkCase("write-4k-random-d1", Workload.writes(KIB_4, 1).atRandom());
  static final BenchmarkCase WRITE_D32 =
      new BenchmarkCase("write-4k-random-d32", Workload.writes(KIB_4, 32).atRandom());
  static final BenchmarkCase READ_64K =
      new BenchmarkCase("read-64k-d16", Workload.reads(KIB_64, 16));
  static final BenchmarkCase WRITE_64K =
      new BenchmarkCase("write-64k-d16", Workload.writes(KIB_64, 16));
  static final BenchmarkCase READ_1M = new BenchmarkCase("read-1m-d8", Workload.reads(MIB, 8));
  static final BenchmarkCase WRITE_1M = new BenchmarkCase("write-1m-d8", Workload.writes(MIB, 8));
  static final BenchmarkCase FLUSH_1 =
      new BenchmarkCase("write-4k-d1-flush1", Workload.writes(KIB_4, 1).flushedEvery(1));
  static final BenchmarkCase FLUSH_32 =
      new BenchmarkCase("write-4k-d32-flush32", Workload.writes(KIB_4, 32).flushedEvery(32));
  static final BenchmarkCase MIXED_4 =
      new BenchmarkCase("mixed-4k-4-connections-d8", Workload.mixed(KIB_4, 8, 4, 70));
  static final BenchmarkCase MIXED_16 =
      new BenchmarkCase("mixed-4k-16-connections-d4", Workload.mixed(KIB_4, 4, 16, 70));

  /** All of them, in the order in which they are run. */
  static List<BenchmarkCase> all() {
    return List.of(
        READ_D1,
        READ_D32,
        new BenchmarkCase("read-4k-d1", Workload.reads(KIB_4, 1)),
        new BenchmarkCase("read-4k-d32", Workload.reads(KIB_4, 32)),
        READ_64K,
        new BenchmarkCase("read-256k-d8", Workload.reads(KIB_256, 8)),
        READ_1M,
        WRITE_D1,
        WRITE_D32,
        new BenchmarkCase("write-4k-d1", Workload.writes(KIB_4, 1)),
        new BenchmarkCase("write-4k-d32", Workload.writes(KIB_4, 32)),
        WRITE_64K,
        new BenchmarkCase("write-256k-d8", Workload.writes(KIB_256, 8)),
        WRITE_1M,
        FLUSH_1,
        FLUSH_32,
        new BenchmarkCase("mixed-4k-1-connection-d32", Workload.mixed(KIB_4, 32, 1, 70)),
        MIXED_4,
        MIXED_16,
        farther(READ_D1),
        farther(READ_D32),
        farther(READ_64K),
        farther(READ_1M),
        farther(WRITE_D1),
        farther(WRITE_D32),
        farther(WRITE_64K),
        farther(WRITE_1M),
        farther(FLUSH_1),
        farther(FLUSH_32),
        farther(MIXED_16));
  }

  /** One of each kind. */
  static List<BenchmarkCase> smoke() {
    return List.of(
        READ_D1, READ_D32, WRITE_D32, WRITE_64K, WRITE_1M, FLUSH_32, MIXED_4, farther(READ_D32));
  }

  /** What jSCSI can do. */
  static List<BenchmarkCase> forTheRecord() {
    return List.of(READ_D1, READ_D32, WRITE_D1, WRITE_D32, READ_64K, WRITE_64K);
  }

  /** The same with a longer round trip. */
  static BenchmarkCase farther(BenchmarkCase near) {
    return new BenchmarkCase(near.name + "+0.3ms", near.workload.addedRoundTrip(ROUND_TRIP_MICROS));
  }
}
