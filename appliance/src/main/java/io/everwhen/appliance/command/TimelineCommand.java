package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.TimelineOptions;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryReference;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.NewSize;
import io.everwhen.journal.format.Unrecorded;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.Grade;
import io.everwhen.restore.plan.Grading;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** {@code everwhen timeline}. */
public final class TimelineCommand implements Command<TimelineOptions> {

  @Override
  public void run(TimelineOptions options, Output output)
      throws IOException, CommandFailed, UsageError {
    long now = new SystemClock().wallNanos();
    try (History history = Histories.of(options.place(), options.disk())) {
      Manifest.Disk disk = Histories.disk(history, options.disk());
      Planner planner = new Planner(history, now);
      Grading grading = new Grading(history, disk);
      long from =
          options.from() == null ? 0 : first(planner, Histories.instant(options.from(), now));
      long to =
          options.to() == null
              ? history.head().sequence()
              : planner.resolve(Histories.instant(options.to(), now)).sequence();
      if (!output.json()) {
        output.line(
            "%-12s  %-30s  %-10s  %9s  %14s  %10s"
                .formatted("sequence", "time", "kind", "unflushed", "offset", "length"));
      }
      if (from > 0) {
        grading.goBefore(from);
      }
      history.visitFrom(
          from,
          (entry, payload) -> {
            if (entry.sequence() > to) {
              return false;
            }
            Grade grade = grading.after(entry);
            if (isShown(entry, disk, options.events())) {
              print(entry, payload, grade, history.isKept(entry.sequence()), output);
            }
            return true;
          });
      if (history.tailDamage().isPresent()) {
        throw new CommandFailed(
            "behind seq:" + history.head().sequence() + " " + history.tailDamage().get());
      }
      history.checkStillWithin(Math.max(from, history.horizon().sequence()));
    }
  }

  /** Marks and steps of the clock are of all disks. */
  private static boolean isShown(EntryHeader entry, Manifest.Disk disk, boolean eventsOnly) {
    return switch (entry.kind()) {
      case MARK, CLOCK, UNRECORDED, RECORDED -> true;
      case FLUSH, RESIZE, REWIND, REWOUND -> entry.disk() == disk.number();
      case WRITE, ZERO, UNMAP -> entry.disk() == disk.number() && !eventsOnly;
    };
  }

  /** The first entry to show: at an instant given as a time, the first one after it. */
  private static long first(Planner planner, Instant from) throws IOException {
    Point point = planner.resolve(from);
    return from instanceof Instant.AtTime time && point.timeNanos() < time.nanos()
        ? point.sequence() + 1
        : point.sequence();
  }

  /**
   * @param kept whether the disk can be restored as of this entry; else history was thinned there
   */
  private static void print(
      EntryHeader entry, ByteBuffer payload, Grade grade, boolean kept, Output output)
      throws FormatException {
    String kind = entry.kind().name().toLowerCase(Locale.ROOT);
    long size =
        switch (entry.kind()) {
          case RESIZE -> NewSize.of(entry, payload);
          case REWIND -> EntryReference.of(entry, payload);
          case UNRECORDED, RECORDED -> Unrecorded.of(entry, payload).after();
          default -> 0;
        };
    String detail = detail(entry, payload, size);
    if (!output.json()) {
      String shown = kept ? detail : detail.isEmpty() ? "thinned" : detail + "  thinned";
      output
          .out()
          .println(
              entry.kind().changesContent()
                  ? "%-12d  %s  %-10s  %9s  %14d  %10d  %s"
                      .formatted(
                          entry.sequence(),
                          Times.text(entry.timeNanos()),
                          kind,
                          grade.text(),
                          entry.offset(),
                          entry.length(),
                          shown)
                      .strip()
                  : "%-12d  %s  %-10s  %9s  %s"
                      .formatted(
                          entry.sequence(),
                          Times.text(entry.timeNanos()),
                          kind,
                          grade.text(),
                          shown)
                      .strip());
      return;
    }
    output.object(json -> {
      json.writeNumberProperty("sequence", entry.sequence());
      json.writeStringProperty("time", Times.text(entry.timeNanos()));
      json.writeStringProperty("kind", kind);
      json.writeBooleanProperty("kept", kept);
      switch (grade) {
        case Grade.Exactly exactly -> json.writeNumberProperty("unflushed", exactly.unflushed());
        case Grade.AtLeast least ->
            json.writeNumberProperty("unflushed_at_least", least.unflushed());
        case Grade.Unknown _ -> json.writeNullProperty("unflushed");
      }
      if (entry.kind().changesContent()) {
        json.writeNumberProperty("offset", entry.offset());
        json.writeNumberProperty("length", entry.length());
        json.writeBooleanProperty("continues", entry.continues());
      }
      switch (entry.kind()) {
        case MARK -> json.writeStringProperty("name", detail);
        case CLOCK -> json.writeStringProperty("wall", detail);
        case RESIZE -> json.writeNumberProperty("size", size);
        case REWIND -> json.writeNumberProperty("to", size);
        case UNRECORDED, RECORDED -> json.writeNumberProperty("after", size);
        case WRITE, ZERO, UNMAP, FLUSH, REWOUND -> {}
      }
    });
  }

  private static String detail(EntryHeader entry, ByteBuffer payload, long size) {
    return switch (entry.kind()) {
      case MARK -> StandardCharsets.UTF_8.decode(payload).toString();
      case CLOCK -> Times.text(payload.order(ByteOrder.LITTLE_ENDIAN).getLong(0));
      case RESIZE -> "now " + new ByteSize(size);
      case REWIND -> "to seq:" + size;
      case REWOUND -> "filled in";
      case UNRECORDED -> "no changes were recorded after seq:" + size;
      case RECORDED -> "all is recorded that was changed after seq:" + size;
      case WRITE, ZERO, UNMAP, FLUSH -> "";
    };
  }
}
