package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.ProcessUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** The packaged daemon with journalling on, as the launcher starts it. */
final class EverwhenPeer implements Peer {

  private static final String DISK = "disk0";
  private static final long BACKLOG_ENTRIES_MAX = 1024;
  private static final int POLL_MILLIS = 200;

  /** Without anything applied for so long, it is as settled as it gets by itself. */
  private static final int STILL_MILLIS = 1500;

  private final Daemon daemon;
  private final int settleSeconds;

  /**
   * @param retention a line of the configuration, or an empty one
   */
  EverwhenPeer(
      Path directory, int mebibytes, int journalMebibytes, String retention, int settleSeconds)
      throws IOException, InterruptedException {
    this.settleSeconds = settleSeconds;
    Files.createDirectories(directory);
    Path config = directory.resolve("everwhen.yaml");
    Files.writeString(
        config,
        "disks:\n  - {name: %s, size: %dMiB, journal_size: %dMiB}\n%s\n"
            .formatted(DISK, mebibytes, journalMebibytes, retention));
    this.daemon = Daemon.byLauncher(directory, "--config", config.toString());
    try {
      daemon.start();
    } catch (IOException | InterruptedException | AssertionError e) {
      daemon.close();
      throw e;
    }
  }

  /** The options of its JVM, but for the archive of its classes. */
  List<String> jvmOptions() throws IOException {
    List<String> all = Arrays.asList(ProcessUse.commandLine(pid()).split(" ", -1));
    return all.subList(1, all.indexOf("-cp")).stream()
        .filter(option -> !option.startsWith("-XX:AOT"))
        .toList();
  }

  @Override
  public String name() {
    return "everwhen";
  }

  @Override
  public Address address() {
    return new Address(daemon.port(), "iqn.2026-11.io.everwhen:" + DISK, 0);
  }

  @Override
  public long pid() {
    return daemon.pid();
  }

  /** Until the image has got nearly everything, and the journal is down to its size. */
  @Override
  public void settle() throws IOException, InterruptedException {
    long start = System.nanoTime();
    long applied = -1;
    long appliedAt = start;
    long now = start;
    while (now - start < TimeUnit.SECONDS.toNanos(settleSeconds)
        && now - appliedAt < TimeUnit.MILLISECONDS.toNanos(STILL_MILLIS)) {
      JsonNode status = status();
      long current = status.get("applied_sequence").asLong();
      boolean small =
          status.get("journal_bytes").asLong() <= status.get("journal_limit_bytes").asLong();
      if (small && status.get("last_sequence").asLong() - current <= BACKLOG_ENTRIES_MAX) {
        return;
      }
      if (current != applied || !small) {
        applied = current;
        appliedAt = System.nanoTime();
      }
      Thread.sleep(POLL_MILLIS);
      now = System.nanoTime();
    }
  }

  /** What {@code everwhen status --json} tells of the disk. */
  JsonNode status() {
    return daemon.run("status", "--json").done().json().getFirst().get("disks").get(0);
  }

  @Override
  public void close() {
    daemon.close();
  }
}
