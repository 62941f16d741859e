package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.DiskOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.store.Json;
import java.io.IOException;
import tools.jackson.databind.JsonNode;

/** {@code everwhen disk …}: by the daemon, or on the data directory itself when there is none. */
public final class DiskCommands {

  /** Which disks there are. */
  public void list(DiskOptions.List options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    JsonNode report = Disks.in(options.data()).list();
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
    for (JsonNode adopting : report.path("adopting")) {
      output.line(
          "%-24s  %10s  %-10s  %d of %d MiB are copied"
              .formatted(
                  adopting.path("name").asString(),
                  "",
                  "adding",
                  adopting.path("copied_bytes").asLong() >> 20,
                  adopting.path("data_bytes").asLong() >> 20));
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
    switch (options) {
      case DiskOptions.Add.Empty empty ->
          reportAdded(
              Disks.in(empty.data()).add(empty.disk().withJournal(empty.journal())), output, "");
      case DiskOptions.Add.Adopted adopted -> {
        ProgressLine progress = new ProgressLine("copying " + adopted.disk().from(), output);
        JsonNode made;
        try {
          made = Disks.in(adopted.data()).adopt(adopted.disk(), progress);
        } finally {
          progress.end();
        }
        reportAdded(made, output, ", with the content of " + adopted.disk().from());
      }
    }
  }

  private static void reportAdded(JsonNode made, Output output, String what) {
    JsonNode target = made.path("target");
    report(
        made,
        output,
        "added %s, %s%s%s"
            .formatted(
                made.path("name").asString(),
                new ByteSize(made.path("size").asLong()),
                what,
                target.isMissingNode() ? "; no daemon serves it yet" : ": " + target.asString()));
  }

  /** Gives a disk another size. */
  public void resize(DiskOptions.Resize options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    JsonNode done =
        Disks.in(options.data()).resize(options.disk(), options.size(), options.force());
    report(
        done,
        output,
        "%s has %s now, from seq:%d on"
            .formatted(options.disk(), options.size(), done.path("sequence").asLong()));
  }

  /** Takes a disk out of service. */
  public void remove(DiskOptions.Remove options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    JsonNode done =
        Disks.in(options.data()).remove(options.disk(), options.force(), options.deleteHistory());
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
    report(
        Disks.in(options.data()).set(options.disk(), options.readOnly()),
        output,
        "%s is %s now".formatted(options.disk(), options.readOnly() ? "read-only" : "read-write"));
  }

  private static void report(JsonNode done, Output output, String line) {
    output.line(output.json() ? Json.text(done) : line);
    for (JsonNode note : done.path("notes")) {
      output.note(note.asString());
    }
  }
}
