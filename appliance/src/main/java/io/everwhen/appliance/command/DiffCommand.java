package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.DiffOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.EntryPlace;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.DiffResult;
import io.everwhen.restore.run.Differ;
import io.everwhen.restore.run.Difference;
import java.io.IOException;
import tools.jackson.core.JsonGenerator;

/** {@code everwhen diff}. */
public final class DiffCommand implements Command<DiffOptions> {

  @Override
  public void run(DiffOptions options, Output output)
      throws IOException, CommandFailed, UsageError {
    long now = new SystemClock().wallNanos();
    var from = Histories.instant(options.from(), now);
    var to = Histories.instant(options.to(), now);
    try (History history = open(options)) {
      Manifest.Disk disk = Histories.disk(history, options.disk());
      DiffPlan plan = new Planner(history, now).plan(disk, from, to);
      ProgressLine progress = new ProgressLine("comparing " + options.disk(), output);
      if (options.files() != null) {
        FilesDiff.print(options, options.files(), history, plan, progress, output);
        return;
      }
      DiffResult result =
          output.json()
              ? printJson(options, history, plan, progress, output)
              : printText(options, history, plan, progress, output);
      if (result.unknownExtents() > 0) {
        throw new CommandFailed(
            "%d bytes cannot be told, because the history is damaged; `everwhen verify` says what else that costs"
                .formatted(result.unknownBytes()));
      }
    }
  }

  private static History open(DiffOptions options) throws IOException, CommandFailed {
    return options.written()
        ? Histories.of(options.place(), options.disk())
        : Histories.withContent(options.place(), options.disk(), options.secret());
  }

  private static DiffResult find(
      DiffOptions options,
      History history,
      DiffPlan plan,
      ProgressLine progress,
      Differ.Receiver receiver)
      throws IOException {
    Differ differ = new Differ(history, progress);
    long[] shown = {0};
    Differ.Receiver limited =
        difference -> {
          if (shown[0]++ < options.limit()) {
            progress.end();
            receiver.accept(difference);
          }
        };
    DiffResult result =
        options.written() ? differ.written(plan, limited) : differ.content(plan, limited);
    progress.end();
    return result;
  }

  private static DiffResult printText(
      DiffOptions options, History history, DiffPlan plan, ProgressLine progress, Output output)
      throws IOException {
    output.line(
        "%-25s  %14s  %12s  %-42s  %s"
            .formatted("blocks", "offset", "bytes", "first change", "last change"));
    DiffResult result =
        find(options, history, plan, progress, difference -> print(plan, difference, output));
    long more = result.extents() + result.unknownExtents() - options.limit();
    if (more > 0) {
      output.line("... and " + more + " more");
    }
    output.line(
        "%d bytes in %d %s between %s and %s"
            .formatted(
                result.bytes(),
                result.extents(),
                verb(result.extents() == 1, options.written()),
                text(plan.from()),
                text(plan.to())));
    if (plan.fromBytes() != plan.toBytes()) {
      output.line(
          "the disk had %d bytes, and then %d; what lies beyond its end counts as zeros"
              .formatted(plan.fromBytes(), plan.toBytes()));
    }
    if (plan.thinned()) {
      output.line(
          "the history is thinned there: the changes shown are the first and last that are left");
    }
    return result;
  }

  private static String verb(boolean one, boolean written) {
    if (written) {
      return one ? "extent were written" : "extents were written";
    }
    return one ? "extent differ" : "extents differ";
  }

  private static void print(DiffPlan plan, Difference d, Output output) throws IOException {
    int block = plan.disk().blockBytes();
    long first = d.offset() / block;
    long last = d.end() / block - 1;
    output.line(
        "%-25s  %14d  %12d  %-42s  %s"
            .formatted(
                first == last ? Long.toString(first) : first + "-" + last,
                d.offset(),
                d.length(),
                text(d.first()),
                d.first().equals(d.last()) ? "the same" : text(d.last())));
    if (d.damage() != null) {
      output.line("  cannot be told: " + d.damage());
    }
  }

  private static String text(Point point) {
    return "seq:%d (%s)".formatted(point.sequence(), Times.text(point.timeNanos()));
  }

  private static String text(EntryPlace entry) throws IOException {
    try {
      return "seq:%d (%s)".formatted(entry.sequence(), Times.text(entry.header().timeNanos()));
    } catch (DamageException e) {
      return "seq:%d (damaged)".formatted(entry.sequence());
    }
  }

  private static DiffResult printJson(
      DiffOptions options, History history, DiffPlan plan, ProgressLine progress, Output output)
      throws IOException {
    DiffResult[] found = new DiffResult[1];
    output.stream(json -> {
      json.writeStringProperty("disk", plan.disk().name());
      json.writeNumberProperty("block_bytes", plan.disk().blockBytes());
      writePoint(json, "from", plan.from(), plan.fromBytes());
      writePoint(json, "to", plan.to(), plan.toBytes());
      json.writeBooleanProperty("written", options.written());
      json.writeBooleanProperty("thinned", plan.thinned());
      json.writeArrayPropertyStart("extents");
      DiffResult result =
          find(options, history, plan, progress, difference -> write(json, plan, difference));
      json.writeEndArray();
      json.writeNumberProperty("extent_count", result.extents());
      json.writeNumberProperty("bytes", result.bytes());
      json.writeNumberProperty("unknown_extent_count", result.unknownExtents());
      json.writeNumberProperty("unknown_bytes", result.unknownBytes());
      found[0] = result;
    });
    return found[0];
  }

  private static void writePoint(JsonGenerator json, String name, Point point, long diskBytes) {
    json.writeObjectPropertyStart(name);
    json.writeNumberProperty("sequence", point.sequence());
    json.writeStringProperty("time", Times.text(point.timeNanos()));
    json.writeNumberProperty("disk_bytes", diskBytes);
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, DiffPlan plan, Difference d) throws IOException {
    json.writeStartObject();
    json.writeNumberProperty("offset", d.offset());
    json.writeNumberProperty("length", d.length());
    json.writeNumberProperty("lba", d.offset() / plan.disk().blockBytes());
    json.writeNumberProperty("blocks", d.length() / plan.disk().blockBytes());
    writeEntry(json, "first", d.first());
    writeEntry(json, "last", d.last());
    if (d.damage() != null) {
      json.writeStringProperty("damage", d.damage());
    }
    json.writeEndObject();
  }

  private static void writeEntry(JsonGenerator json, String name, EntryPlace entry)
      throws IOException {
    json.writeObjectPropertyStart(name);
    json.writeNumberProperty("sequence", entry.sequence());
    try {
      json.writeStringProperty("time", Times.text(entry.header().timeNanos()));
    } catch (DamageException e) {
      json.writeNullProperty("time");
    }
    json.writeEndObject();
  }
}
