package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.FilesOptions;
import io.everwhen.appliance.cli.HistoryOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.files.FileEntry;
import io.everwhen.restore.files.FileVersion;
import io.everwhen.restore.files.FileVersions;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/** {@code everwhen history --file}. */
final class FileHistory {

  private static final String LINE = "%-14s  %-30s  %-10s  %12s  %s";

  private FileHistory() {}

  static void print(HistoryOptions options, HistoryOptions.File file, Output output)
      throws IOException, CommandFailed, UsageError {
    String path = file.path();
    FilesOptions how = file.how();
    long now = new SystemClock().wallNanos();
    String from = options.from();
    Instant first = from == null ? null : Histories.instant(from, now);
    Instant last = Histories.instant(options.to(), now);
    try (History history = Histories.withContent(options.place(), options.disk(), file.secret())) {
      Manifest.Disk disk = Histories.disk(history, options.disk());
      long horizon = history.horizon().sequence();
      Instant oldest = first == null ? new Instant.AtSequence("seq:" + horizon, horizon) : first;
      DiffPlan plan = new Planner(history, now).plan(disk, oldest, last);
      ProgressLine copying = new ProgressLine("copying " + options.disk(), output);
      ProgressLine searching = new ProgressLine("searching " + path, output);
      FileVersions.Found found;
      try (Scratch scratch = Scratch.in(how.scratch(), history, disk, copying, output)) {
        found =
            new FileVersions(
                    history, disk, scratch.image(), how.partition(), how.content(), searching)
                .find(plan, path, file.limit());
      }
      copying.end();
      searching.end();
      if (found.versions().isEmpty() && !found.more()) {
        throw new CommandFailed(
            "there was no %s on %s between %s and %s"
                .formatted(path, disk.name(), text(plan.from()), text(plan.to())));
      }
      if (output.json()) {
        printJson(path, plan, found, output);
      } else {
        printText(path, plan, found, history.thinnedUpTo(), output);
      }
    }
  }

  private static void printText(
      String path, DiffPlan plan, FileVersions.Found found, Point thinned, Output output) {
    output.line(LINE.formatted("at", "time", "", "size", "modified"));
    for (FileVersion version : found.versions()) {
      FileEntry entry = version.entry();
      String problem = version.problem();
      output.line(
          LINE.formatted(
                  "seq:" + version.at().sequence(),
                  Times.text(version.at().timeNanos()),
                  kind(version),
                  entry == null ? "" : entry.size(),
                  entry != null ? FilesDiff.time(entry.modified()) : problem == null ? "" : problem)
              .stripTrailing());
    }
    output.line(
        "%s on %s between %s and %s: %d %s"
            .formatted(
                path,
                plan.disk().name(),
                text(plan.from()),
                text(plan.to()),
                found.versions().size(),
                found.versions().size() == 1 ? "version" : "versions"));
    if (found.more()) {
      output.line("older ones were not looked for; --limit shows more");
    }
    if (plan.from().sequence() < thinned.sequence()) {
      output.line(
          "the history is thinned before seq:%d, %s: versions are missing there"
              .formatted(thinned.sequence(), Times.text(thinned.timeNanos())));
    }
  }

  private static String kind(FileVersion version) {
    return version.kind().name().toLowerCase(Locale.ROOT);
  }

  private static String text(Point point) {
    return "seq:%d (%s)".formatted(point.sequence(), Times.text(point.timeNanos()));
  }

  private static void printJson(String path, DiffPlan plan, FileVersions.Found found, Output output)
      throws IOException {
    output.stream(json -> {
      json.writeStringProperty("disk", plan.disk().name());
      json.writeStringProperty("file", path);
      FilesDiff.write(json, "from", plan.from());
      FilesDiff.write(json, "to", plan.to());
      json.writeBooleanProperty("more", found.more());
      json.writeArrayPropertyStart("versions");
      for (FileVersion version : found.versions()) {
        write(json, version);
      }
      json.writeEndArray();
    });
  }

  private static void write(JsonGenerator json, FileVersion version) throws IOException {
    json.writeStartObject();
    json.writeStringProperty("at", "seq:" + version.at().sequence());
    json.writeNumberProperty("sequence", version.at().sequence());
    json.writeStringProperty("time", Times.text(version.at().timeNanos()));
    json.writeStringProperty("change", kind(version));
    FilesDiff.write(json, "entry", version.entry());
    if (version.problem() != null) {
      json.writeStringProperty("problem", version.problem());
    }
    json.writeEndObject();
  }
}
