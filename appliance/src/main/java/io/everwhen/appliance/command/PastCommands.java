package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CloseOptions;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.OpenOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code everwhen open} and {@code everwhen close}: past disks of the daemon. */
public final class PastCommands {

  /** Serves a disk as it was at an instant. */
  public void open(OpenOptions options, Output output)
      throws IOException, InterruptedException, CommandFailed, UsageError {
    ObjectNode wanted = Json.object().put("at", Histories.unambiguous(options.at()));
    DiskName as = options.as();
    if (as != null) {
      wanted.put("as", as.value());
    }
    if (options.writable()) {
      wanted.put("writable", true);
    }
    JsonNode past = daemon(options.data()).post("/v1/disks/" + options.disk() + "/open", wanted);
    if (output.json()) {
      output.line(Json.text(past));
      return;
    }
    String portal = past.path("portal").asString();
    String target = past.path("target").asString();
    output.line(
        "opened %s as %s, %s: %s"
            .formatted(
                options.disk(),
                past.path("name").asString(),
                options.writable() ? "a branch that can be written" : "read-only",
                new ByteSize(past.path("size_bytes").asLong())));
    output.line(
        "as it was after seq:%d, %s"
            .formatted(past.path("sequence").asLong(), past.path("time").asString()));
    if (past.has("next_kept_sequence")) {
      output.line(
          "the history is thinned there; the next instant that was kept is seq:%d, %s"
              .formatted(
                  past.path("next_kept_sequence").asLong(),
                  past.path("next_kept_time").asString()));
    }
    output.line("iscsiadm -m discovery -t sendtargets -p " + portal);
    output.line("iscsiadm -m node -T " + target + " -p " + portal + " --login");
    output.line("or for QEMU: iscsi://" + portal + "/" + target + "/0");
  }

  /** Ends a past disk. */
  public void close(CloseOptions options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    ObjectNode wanted = Json.object();
    if (options.keep() || options.force()) {
      wanted.put("keep", options.keep()).put("force", options.force());
    }
    JsonNode past = daemon(options.data()).post("/v1/past/" + options.past() + "/close", wanted);
    output.line(output.json() ? Json.text(past) : closed(options, past));
  }

  private static String closed(CloseOptions options, JsonNode past) {
    DiskName name = options.past();
    String disk = past.path("disk").asString();
    long sequence = past.path("sequence").asLong();
    if (past.path("kept").asBoolean(false)) {
      return "%s is being made a disk of its own: up to %d MiB of %s are copied to it, and it can be used meanwhile; 'everwhen status' tells how far that is"
          .formatted(name, (past.path("origin_bytes").asLong() + (1 << 20) - 1) >> 20, disk);
    }
    return past.has("kept")
        ? "deleted %s, which was a branch of %s at seq:%d".formatted(name, disk, sequence)
        : "closed %s, which was %s at seq:%d".formatted(name, disk, sequence);
  }

  private static DaemonClient daemon(Path directory) throws IOException, CommandFailed {
    DataDirectory data = Histories.data(directory);
    return DaemonClient.find(data)
        .orElseThrow(() ->
            new CommandFailed(
                "no daemon serves "
                    + data.path()
                    + ", and only a daemon serves past disks; start it with 'everwhen serve', or restore to a file"));
  }
}
