package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import io.everwhen.journal.history.History.Point;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Runs a command beside a past disk, which the daemon serves meanwhile.
 *
 * @param daemon that serves the disk
 * @param disk which disk
 * @param portal where the command reaches the daemon's targets
 * @param process the command
 */
record PastDiskCheck(DaemonClient daemon, DiskName disk, String portal, CheckProcess process)
    implements Check {

  /**
   * One by the daemon of a data directory.
   *
   * @param portal where the command reaches it; null for what it says itself
   * @throws CommandFailed when there is no daemon
   */
  static PastDiskCheck of(
      DataDirectory data, DiskName disk, @Nullable HostPort portal, CheckProcess process)
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
    return new PastDiskCheck(daemon, disk, reached, process);
  }

  /** Opens the disk as it was, runs the command, and closes the disk. */
  @Override
  public int run(Point at) throws IOException, InterruptedException, CommandFailed {
    String instant = "seq:" + at.sequence();
    JsonNode past = daemon.post("/v1/disks/" + disk + "/open", Json.object().put("at", instant));
    String close = "/v1/past/" + past.path("name").asString() + "/close";
    AtEnd ending = AtEnd.of("closing", () -> closeAtEnd(close));
    int code;
    boolean ends;
    try {
      code = exitCode(past.path("target").asString(), instant);
    } finally {
      ends = !ending.isTakenBack();
      if (!ends) {
        daemon.post(close, Json.object());
      }
    }
    if (ends) {
      throw new InterruptedException("the program ends");
    }
    return code;
  }

  private void closeAtEnd(String close) {
    try {
      daemon.post(close, Json.object());
    } catch (IOException | CommandFailed e) {
      process.output().note("a past disk stays open: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int exitCode(String target, String instant)
      throws IOException, InterruptedException, CommandFailed {
    return process.run(
        Map.of(
            "EVERWHEN_TARGET", target,
            "EVERWHEN_PORTAL", portal,
            "EVERWHEN_INSTANT", instant,
            "EVERWHEN_URL", "iscsi://" + portal + "/" + target + "/0"));
  }

  @Override
  public void close() {}
}
