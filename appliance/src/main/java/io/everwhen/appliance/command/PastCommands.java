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
    JsonNode past = daemon(options.data()).post("/v1/disks/" + options.disk() + "/open", wanted);
    if (output.json()) {
      output.line(Json.text(past));
      return;
    }
    String portal = past.path("portal").asString();
    String target = past.path("target").asString();
    output.line(
        "opened %s as %s, read-only: %s"
            .formatted(
                options.disk(),
                past.path("name").asString(),
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
    JsonNode past =
        daemon(options.data()).post("/v1/past/" + options.past() + "/close", Json.object());
    output.line(
        output.json()
            ? Json.text(past)
            : "closed %s, which was %s at seq:%d"
                .formatted(
                    options.past(), past.path("disk").asString(), past.path("sequence").asLong()));
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
