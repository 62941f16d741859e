package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.HistoryOptions;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.Versions;
import java.io.IOException;
import tools.jackson.core.JsonGenerator;

/** {@code everwhen history}. */
public final class HistoryCommand implements Command<HistoryOptions> {

  /**
   * What was asked for, in bytes and entries.
   *
   * @param from the first byte of the blocks
   * @param end one past their last byte
   */
  private record Wanted(Manifest.Disk disk, Point after, Point upTo, long from, long end) {

    long find(History history, Versions.Receiver receiver) throws IOException {
      return new Versions(history, disk).find(after, upTo, from, end, receiver);
    }
  }

  @Override
  public void run(HistoryOptions options, Output output)
      throws IOException, CommandFailed, UsageError {
    switch (options.subject()) {
      case HistoryOptions.Blocks blocks -> print(options, blocks, output);
      case HistoryOptions.File file -> FileHistory.print(options, file, output);
    }
  }

  private static void print(HistoryOptions options, HistoryOptions.Blocks blocks, Output output)
      throws IOException, CommandFailed, UsageError {
    long now = new SystemClock().wallNanos();
    String from = options.from();
    var first = from == null ? null : Histories.instant(from, now);
    var last = Histories.instant(options.to(), now);
    try (History history = Histories.of(options.place(), options.disk())) {
      Planner planner = new Planner(history, now);
      Manifest.Disk disk = Histories.disk(history, options.disk());
      long block = disk.blockBytes();
      Wanted wanted =
          new Wanted(
              disk,
              first == null ? history.horizon() : planner.resolve(first),
              planner.resolve(last),
              blocks.first() * block,
              (blocks.last() + 1) * block);
      checkThereWere(blocks, wanted, history);
      if (output.json()) {
        printJson(wanted, history, output);
      } else {
        printText(blocks, wanted, history, output);
      }
      if (!history.holes().isEmpty()) {
        throw new CommandFailed(
            "from seq:%d on there may be more versions: %s"
                .formatted(
                    history.holes().getFirst().fromSequence(), history.holes().getFirst().what()));
      }
      if (history.tailDamage().isPresent()) {
        throw new CommandFailed(
            "behind seq:" + history.head().sequence() + " " + history.tailDamage().get());
      }
    }
  }

  /** Refuses blocks that the disk has not, and never had. */
  private static void checkThereWere(HistoryOptions.Blocks blocks, Wanted wanted, History history)
      throws IOException, CommandFailed {
    long bytes = sizeAt(wanted, history.head(), history);
    long before = sizeAt(wanted, history.horizon(), history);
    if (wanted.from >= Math.max(bytes, before) && wanted.find(history, version -> {}) == 0) {
      throw new CommandFailed(
          "%s has the blocks 0 to %d; it never had %s"
              .formatted(wanted.disk.name(), bytes / wanted.disk.blockBytes() - 1, blocks));
    }
  }

  private static long sizeAt(Wanted wanted, Point point, History history) throws IOException {
    return history.sizeBytesAt(wanted.disk, point.sequence());
  }

  private static void printText(
      HistoryOptions.Blocks blocks, Wanted wanted, History history, Output output)
      throws IOException {
    output.line(VersionReport.TITLE);
    output.line(
        "%-14s  %-30s  %s"
            .formatted(
                "seq:" + wanted.after.sequence(),
                Times.text(wanted.after.timeNanos()),
                beginning(wanted, history)));
    long count =
        wanted.find(history, version -> output.line(VersionReport.text(wanted.disk, version)));
    output.line(
        "%s of %s: %d %s"
            .formatted(blocks, wanted.disk.name(), count, count == 1 ? "version" : "versions"));
    Point thinned = history.thinnedUpTo();
    if (wanted.after.sequence() < thinned.sequence()) {
      output.line(
          "the history is thinned before seq:%d, %s: versions are missing there"
              .formatted(thinned.sequence(), Times.text(thinned.timeNanos())));
    }
  }

  /** What is known of the content before the first version. */
  private static String beginning(Wanted wanted, History history) throws IOException {
    if (wanted.after.sequence() > history.horizon().sequence()) {
      return "the beginning of what was asked for";
    }
    return history.manifest().hasBaseline(wanted.disk)
        ? "the horizon; what was before is in the baseline"
        : "the empty disk";
  }

  private static void printJson(Wanted wanted, History history, Output output) throws IOException {
    output.stream(json -> {
      json.writeStringProperty("disk", wanted.disk.name());
      json.writeNumberProperty("block_bytes", wanted.disk.blockBytes());
      json.writeNumberProperty("offset", wanted.from);
      json.writeNumberProperty("length", wanted.end - wanted.from);
      writePoint(json, "horizon", history.horizon());
      writePoint(json, "thinned_up_to", history.thinnedUpTo());
      json.writeArrayPropertyStart("versions");
      wanted.find(history, version -> VersionReport.write(json, wanted.disk, version));
      json.writeEndArray();
    });
  }

  private static void writePoint(JsonGenerator json, String name, Point point) {
    json.writeObjectPropertyStart(name);
    json.writeNumberProperty("sequence", point.sequence());
    json.writeStringProperty("time", Times.text(point.timeNanos()));
    json.writeEndObject();
  }
}
