package io.everwhen.appliance.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What one run of a case on one peer gave.
 *
 * @param perSecond operations
 * @param cpuMicros processor time of the peer for each operation, of all its threads
 * @param generatorMicros the same of the load generator
 * @param p50 microseconds; as are the other latencies
 */
record Run(
    double perSecond,
    double cpuMicros,
    double generatorMicros,
    double p50,
    double p99,
    double p999,
    double longest) {

  private static final int TICKS_PER_SECOND = 100;
  private static final int USER_TIME_AT = 11;

  /** Has the workload done. */
  static Run of(Generator generator, Peer peer, Workload workload)
      throws IOException, InterruptedException {
    double peerBefore = cpuSeconds(peer.pid());
    double generatorBefore = cpuSeconds(generator.pid());
    Measured measured = generator.run(peer.address(), workload);
    double each = 1e6 / measured.operations();
    return new Run(
        measured.perSecond(),
        (cpuSeconds(peer.pid()) - peerBefore) * each,
        (cpuSeconds(generator.pid()) - generatorBefore) * each,
        measured.p50() / 1e3,
        measured.p99() / 1e3,
        measured.p999() / 1e3,
        measured.longest() / 1e3);
  }

  /** What a process has used of the processors, in user mode and in the system. */
  static double cpuSeconds(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[USER_TIME_AT]) + Long.parseLong(fields[USER_TIME_AT + 1]);
    return (double) ticks / TICKS_PER_SECOND;
  }
}
