package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** What the benchmark runs on. */
final class Machine {

  private Machine() {}

  /** A few lines. */
  static String describe(Path directory) throws IOException, InterruptedException {
    return """
    %s (UTC); %s, %d cores, %s memory; Linux %s
    JDK %s; tgt %s; TCP %s; files on %s\
    """
        .formatted(
            LocalDate.now(ZoneOffset.UTC),
            value("/proc/cpuinfo", "model name"),
            Runtime.getRuntime().availableProcessors(),
            value("/proc/meminfo", "MemTotal"),
            Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip(),
            System.getProperty("java.vm.version"),
            TgtPeer.version(),
            Files.readString(Path.of("/proc/sys/net/ipv4/tcp_congestion_control")).strip(),
            Files.getFileStore(directory));
  }

  private static String value(String file, String key) throws IOException {
    return Files.readString(Path.of(file))
        .lines()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  /**
   * Has the system use as much memory as is needed, and give it back: a virtual machine may first
   * have to get it from its host, and whoever comes first would pay. Then everything is on disk.
   */
  static void makeReady(Path directory, int mebibytes) throws IOException, InterruptedException {
    if (mebibytes > 0) {
      Path ballast = directory.resolve("ballast");
      Processes.output(
          directory, "dd", "if=/dev/zero", "of=" + ballast, "bs=1M", "count=" + mebibytes);
      Processes.output(directory, "sync", ballast.toString());
      Files.delete(ballast);
    }
    Processes.output(directory, "sync");
  }
}
