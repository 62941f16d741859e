package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.DiffOptions;
import io.everwhen.appliance.cli.FilesOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.restore.files.FileDiffer;
import io.everwhen.restore.files.FileEntry;
import io.everwhen.restore.files.Partition;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** {@code everwhen diff --files}. */
final class FilesDiff {

  private static final String LINE = "%-8s  %12s  %-30s  %s";
  private static final long SECOND_NANOS = 1_000_000_000L;

  private FilesDiff() {}

  static void print(
      DiffOptions options,
      FilesOptions how,
      History history,
      DiffPlan plan,
      ProgressLine progress,
      Output output)
      throws IOException, CommandFailed {
    try (Scratch scratch = Scratch.in(how.scratch(), history, plan.disk(), progress, output)) {
      FileDiffer differ =
          new FileDiffer(plan.disk(), scratch.image(), how.partition(), how.content());
      if (output.json()) {
        printJson(options, differ, plan, progress, output);
      } else {
        printText(options, differ, plan, progress, output);
      }
    }
  }

  private static void printText(
      DiffOptions options, FileDiffer differ, DiffPlan plan, ProgressLine progress, Output output)
      throws IOException {
    output.line(LINE.formatted("change", "size", "modified", "path"));
    FileDiffer.Result result =
        differ.compare(
            plan,
            options.limit(),
            change -> {
              progress.end();
              FileEntry shown = change.after() == null ? change.before() : change.after();
              if (shown != null) {
                output.line(
                    LINE.formatted(
                        kind(change), shown.size(), time(shown.modified()), shown.path()));
              }
            });
    progress.end();
    long more = result.added() + result.removed() + result.changed() - options.limit();
    if (more > 0) {
      output.line("... and " + more + " more");
    }
    output.line(
        "%d added, %d removed, %d changed between seq:%d (%s) and seq:%d (%s)"
            .formatted(
                result.added(),
                result.removed(),
                result.changed(),
                plan.from().sequence(),
                Times.text(plan.from().timeNanos()),
                plan.to().sequence(),
                Times.text(plan.to().timeNanos())));
    if (result.before() == null || result.after() == null) {
      output.line(
          "there was no file system that is known at the %s instant"
              .formatted(result.before() == null ? "earlier" : "later"));
    }
  }

  private static String kind(FileDiffer.Change change) {
    return change.before() == null ? "added" : change.after() == null ? "removed" : "changed";
  }

  static String time(long seconds) {
    return Times.text(seconds * SECOND_NANOS);
  }

  private static void printJson(
      DiffOptions options, FileDiffer differ, DiffPlan plan, ProgressLine progress, Output output)
      throws IOException {
    output.stream(json -> {
      json.writeStringProperty("disk", plan.disk().name());
      write(json, "from", plan.from());
      write(json, "to", plan.to());
      json.writeArrayPropertyStart("files");
      FileDiffer.Result result =
          differ.compare(
              plan,
              options.limit(),
              change -> {
                json.writeStartObject();
                json.writeStringProperty("change", kind(change));
                write(json, "before", change.before());
                write(json, "after", change.after());
                json.writeEndObject();
              });
      json.writeEndArray();
      progress.end();
      json.writeNumberProperty("added", result.added());
      json.writeNumberProperty("removed", result.removed());
      json.writeNumberProperty("changed", result.changed());
      write(json, "file_system_before", result.before());
      write(json, "file_system_after", result.after());
    });
  }

  static void write(JsonGenerator json, String name, Point point) {
    json.writeObjectPropertyStart(name);
    json.writeNumberProperty("sequence", point.sequence());
    json.writeStringProperty("time", Times.text(point.timeNanos()));
    json.writeEndObject();
  }

  static void write(JsonGenerator json, String name, @Nullable FileEntry entry) {
    if (entry == null) {
      json.writeNullProperty(name);
      return;
    }
    json.writeObjectPropertyStart(name);
    json.writeStringProperty("path", entry.path());
    json.writeStringProperty("inode", entry.inode());
    json.writeStringProperty("mode", entry.mode());
    json.writeNumberProperty("size", entry.size());
    json.writeStringProperty("modified", time(entry.modified()));
    json.writeStringProperty("changed", time(entry.changed()));
    json.writeStringProperty("created", time(entry.created()));
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, String name, @Nullable Partition partition) {
    if (partition == null) {
      json.writeNullProperty(name);
    } else {
      json.writeObjectPropertyStart(name);
      json.writeStringProperty("type", partition.fileSystem());
      json.writeNumberProperty("partition", partition.number());
      json.writeEndObject();
    }
  }
}
