package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import io.everwhen.journal.history.History.Point;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Runs a command beside a past disk, which the daemon serves meanwhile.
 *
 * @param daemon that serves the disk
 * @param disk which disk
 * @param portal where the command reaches the daemon's targets
 * @param command with its arguments
 * @param output its standard error gets what the command prints
 */
record PastDiskCheck(
    DaemonClient daemon, DiskName disk, String portal, List<String> command, Output output) {

  /** Exit code of a command that found nothing wrong. */
  static final int GOOD = 0;

  /** Exit code of a command that cannot tell. */
  static final int SKIP = 125;

  /**
   * One by the daemon of a data directory.
   *
   * @param portal where the command reaches it; null for what it says itself
   * @throws CommandFailed when there is no daemon
   */
  static PastDiskCheck of(
      DataDirectory data,
      DiskName disk,
      @Nullable HostPort portal,
      List<String> command,
      Output output)
      throws IOException, InterruptedException, CommandFailed {
    DaemonClient daemon =
        DaemonClient.find(data)
            .orElseThrow(() ->
                new CommandFailed(
                    "no daemon serves %s, and past disks are opened by it: start 'everwhen serve'"
                        .formatted(data.path())));
    String reached =
        portal == null
            ? daemon
                .get("/v1/status")
                .path("portal")
                .asString("")
                .replace("0.0.0.0:", "127.0.0.1:")
                .replace("[::]:", "[::1]:")
            : portal.toString();
    return new PastDiskCheck(daemon, disk, reached, command, output);
  }

  /**
   * Opens the disk as it was, runs the command, and closes the disk.
   *
   * @return the command's exit code
   */
  int run(Point at) throws IOException, InterruptedException, CommandFailed {
    String instant = "seq:" + at.sequence();
    JsonNode past = daemon.post("/v1/disks/" + disk + "/open", Json.object().put("at", instant));
    String close = "/v1/past/" + past.path("name").asString() + "/close";
    Thread ending = Thread.ofPlatform().name("closing").unstarted(() -> closeAtEnd(close));
    Runtime.getRuntime().addShutdownHook(ending);
    int code;
    boolean ends;
    try {
      code = exitCode(past.path("target").asString(), instant);
    } finally {
      ends = !isTakenBack(ending);
      if (!ends) {
        daemon.post(close, Json.object());
      }
    }
    if (ends) {
      throw new InterruptedException("the program ends");
    }
    return code;
  }

  /** Takes a hook back; false when the program ends already, and the hook does its work. */
  private static boolean isTakenBack(Thread hook) {
    try {
      return Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** When the program is interrupted: nobody else would close it. */
  private void closeAtEnd(String close) {
    try {
      daemon.post(close, Json.object());
    } catch (IOException | CommandFailed e) {
      output.note("a past disk stays open: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int exitCode(String target, String instant)
      throws IOException, InterruptedException, CommandFailed {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .putAll(
            Map.of(
                "EVERWHEN_TARGET", target,
                "EVERWHEN_PORTAL", portal,
                "EVERWHEN_INSTANT", instant,
                "EVERWHEN_URL", "iscsi://" + portal + "/" + target + "/0"));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new CommandFailed("the command cannot be run: " + e.getMessage(), e);
    }
    try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
      process.getOutputStream().close();
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        output.err().println(line);
      }
      return process.waitFor();
    } finally {
      process.destroy();
    }
  }
}
