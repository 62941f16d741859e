package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.DiskOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code everwhen disk …}: by the daemon, or on the data directory itself when there is none. */
public final class DiskCommands {

  /** Which disks there are. */
  public void list(DiskOptions.List options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    JsonNode report = daemon.isPresent() ? daemon.get().get("/v1/disks") : DisksAtRest.list(data);
    if (output.json()) {
      output.line(Json.text(report));
      return;
    }
    for (JsonNode disk : report.path("disks")) {
      output.line(
          "%-24s  %10s  %-10s  %s"
              .formatted(
                  disk.path("name").asString(),
                  new ByteSize(disk.path("size").asLong()),
                  disk.path("read_only").asBoolean() ? "read-only" : "read-write",
                  disk.path("journal").asString()));
    }
    for (JsonNode removed : report.path("removed")) {
      output.line(
          "%-24s  %10s  %-10s  %s"
              .formatted(
                  removed.path("name").asString(),
                  "",
                  "removed",
                  removed.path("journal").asString()));
    }
  }

  /** Makes a disk. */
  public void add(DiskOptions.Add options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    Path journal = options.journal();
    ObjectNode wanted =
        Json.object()
            .put("name", options.disk().name().value())
            .put("size", options.disk().size().bytes())
            .put("read_only", Boolean.TRUE.equals(options.disk().readOnly()));
    if (journal != null) {
      wanted.put("journal", journal.toAbsolutePath().toString());
    }
    JsonNode made =
        daemon.isPresent()
            ? daemon.get().post("/v1/disks", wanted)
            : DisksAtRest.add(data, options.disk().withJournal(journal));
    report(
        made,
        output,
        daemon.isPresent()
            ? "added %s, %s: %s"
                .formatted(
                    options.disk().name(), options.disk().size(), made.path("target").asString())
            : "added %s, %s; no daemon serves it yet"
                .formatted(options.disk().name(), options.disk().size()));
  }

  /** Gives a disk another size. */
  public void resize(DiskOptions.Resize options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    JsonNode done =
        daemon.isPresent()
            ? daemon
                .get()
                .post(
                    path(options.disk(), "resize"),
                    Json.object().put("size", options.size().bytes()).put("force", options.force()))
            : DisksAtRest.resize(data, options.disk(), options.size(), options.force());
    report(
        done,
        output,
        "%s has %s now, from seq:%d on"
            .formatted(options.disk(), options.size(), done.path("sequence").asLong()));
  }

  /** Takes a disk out of service. */
  public void remove(DiskOptions.Remove options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    JsonNode done =
        daemon.isPresent()
            ? daemon
                .get()
                .post(
                    path(options.disk(), "remove"),
                    Json.object()
                        .put("force", options.force())
                        .put("delete_history", options.deleteHistory()))
            : DisksAtRest.remove(data, options.disk(), options.deleteHistory());
    report(
        done,
        output,
        options.deleteHistory()
            ? "removed %s, with its history".formatted(options.disk())
            : "removed %s; its history stays: everwhen restore %s --journal %s --at …"
                .formatted(options.disk(), options.disk(), done.path("journal").asString()));
  }

  /** Makes a disk read-only, or writable. */
  public void set(DiskOptions.Set options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    JsonNode done =
        daemon.isPresent()
            ? daemon
                .get()
                .post(
                    path(options.disk(), "settings"),
                    Json.object().put("read_only", options.readOnly()))
            : DisksAtRest.set(data, options.disk(), options.readOnly());
    report(
        done,
        output,
        "%s is %s now".formatted(options.disk(), options.readOnly() ? "read-only" : "read-write"));
  }

  private static String path(DiskName disk, String verb) {
    return "/v1/disks/" + disk + "/" + verb;
  }

  private static void report(JsonNode done, Output output, String line) {
    output.line(output.json() ? Json.text(done) : line);
    for (JsonNode note : done.path("notes")) {
      output.note(note.asString());
    }
  }
}
