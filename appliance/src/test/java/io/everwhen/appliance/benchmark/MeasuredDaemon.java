package io.everwhen.appliance.benchmark;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.Dist;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.ProcessUse;
import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * The packaged daemon, as the launcher starts it, and what it takes of time and memory. Closing it
 * kills it.
 */
final class MeasuredDaemon implements AutoCloseable {

  private static final int SECTORS = 8;
  private static final int SETTLE_SECONDS = 60;
  private static final int POLL_MILLIS = 200;

  private final Path directory;
  private final Daemon daemon;

  /**
   * One that is not started yet.
   *
   * @param config a line of the configuration for each disk
   */
  MeasuredDaemon(Path directory, List<String> config) throws IOException {
    this.directory = Files.createDirectories(directory);
    Path file = directory.resolve("everwhen.yaml");
    Files.writeString(file, "disks:\n" + String.join("\n", config) + "\n");
    this.daemon = Daemon.byLauncher(directory, "--config", file.toString());
  }

  Daemon daemon() {
    return daemon;
  }

  Address address(String disk) {
    return new Address(daemon.port(), "iqn.2026-11.io.everwhen:" + disk, 0);
  }

  /** Seconds until it says that it is ready. */
  double start() throws IOException, InterruptedException {
    long start = System.nanoTime();
    daemon.start();
    return secondsSince(start);
  }

  /** Asks it to end; how many seconds that took. */
  double stop() throws InterruptedException {
    long start = System.nanoTime();
    int exitCode = daemon.terminate();
    if (exitCode != 0) {
      throw new AssertionError("it ended with " + exitCode + ":\n" + daemon.output());
    }
    return secondsSince(start);
  }

  /** Waits until the image has everything, for a minute at most. */
  void settle() throws InterruptedException {
    long start = System.nanoTime();
    while (secondsSince(start) < SETTLE_SECONDS) {
      JsonNode disk = daemon.run("status", "--json").done().json().getFirst().get("disks").get(0);
      if (disk.get("applied_sequence").asLong() == disk.get("last_sequence").asLong()) {
        return;
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Seconds from the command that opens the past to the end of the first read, login included. */
  double openAndRead(String disk, String instant)
      throws IOException, InterruptedException, InitiatorException {
    long start = System.nanoTime();
    launch("open", disk, "--at", instant, "--as", "past", "--data", daemon.data().toString());
    double seconds;
    try (LibiscsiInitiator first = daemon.connect("past")) {
      first.read(0, SECTORS);
      seconds = secondsSince(start);
    }
    daemon.run("close", "past").done();
    return seconds;
  }

  /** Runs a command as a user does. */
  void launch(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Dist.launcher().toString()));
    command.addAll(List.of(arguments));
    Processes.run(directory, command).done();
  }

  /** MiB of its own and of all that is resident, such as {@code 80 / 123}. */
  String memory() throws IOException {
    ProcessUse use = ProcessUse.of(daemon.pid());
    return "%d / %d".formatted(use.ownBytes() >> 20, use.residentBytes() >> 20);
  }

  /** What the JVM says to a command of {@code jcmd}. */
  String jcmd(String command) throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd");
    return Processes.output(directory, jcmd.toString(), Long.toString(daemon.pid()), command);
  }

  static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / (double) TimeUnit.SECONDS.toNanos(1);
  }

  @Override
  public void close() {
    daemon.close();
  }
}
