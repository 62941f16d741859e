package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.RestoreOptions;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.RestoreResult;
import io.everwhen.restore.run.Restorer;
import java.io.IOException;
import java.nio.file.Path;

/** {@code everwhen restore}. */
public final class RestoreCommand implements Command<RestoreOptions> {

  @Override
  public void run(RestoreOptions options, Output output)
      throws IOException, CommandFailed, UsageError {
    long now = new SystemClock().wallNanos();
    Instant at = Histories.instant(options.at(), now);
    try (History history =
        Histories.withContent(options.place(), options.disk(), options.secret())) {
      boolean device = checkTarget(options, history);
      RestorePlan plan =
          new Planner(history, now).plan(Histories.disk(history, options.disk()), at);
      ProgressLine progress = new ProgressLine("restoring " + options.disk(), output);
      Restorer restorer = new Restorer(history, progress);
      RestoreResult result =
          device
              ? restorer.restoreToDevice(plan, options.to())
              : restorer.restoreToFile(plan, options.to());
      progress.end();
      report(options, plan, result, output);
    }
  }

  /** Whether the target is a device; fails when it must not be written to. */
  private static boolean checkTarget(RestoreOptions options, History history) throws CommandFailed {
    Path to = options.to();
    Path absolute = to.toAbsolutePath().normalize();
    for (Path own : new Path[] {options.place().data(), Path.of(history.storage().describe())}) {
      if (absolute.startsWith(own.toAbsolutePath().normalize())) {
        throw new CommandFailed(
            to + " is inside " + own + ", which is Everwhen's own; restore to somewhere else");
      }
    }
    DiskStorage.Kind kind = DiskStorage.kindOf(to);
    if (kind == DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed(to + " is a directory; name a file in it, or a device");
    }
    if (kind != DiskStorage.Kind.NOTHING && !options.force()) {
      throw new CommandFailed(to + " is there already; --force overwrites it");
    }
    Path parent = absolute.getParent();
    if (parent == null || DiskStorage.kindOf(parent) != DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed("there is no directory " + parent + " to write " + to + " in");
    }
    return kind == DiskStorage.Kind.DEVICE;
  }

  private static void report(
      RestoreOptions options, RestorePlan plan, RestoreResult result, Output output) {
    String time = Times.text(plan.point().timeNanos());
    Point next = plan.nextKept();
    if (output.json()) {
      output.object(json -> {
        json.writeStringProperty("disk", plan.disk().name());
        json.writeStringProperty("to", options.to().toString());
        json.writeStringProperty("at", plan.requested().text());
        json.writeNumberProperty("sequence", plan.point().sequence());
        json.writeStringProperty("time", time);
        if (next != null) {
          json.writeNumberProperty("next_kept_sequence", next.sequence());
          json.writeStringProperty("next_kept_time", Times.text(next.timeNanos()));
        }
        json.writeNumberProperty("bytes", result.bytes());
        json.writeNumberProperty("data_bytes", result.dataBytes());
      });
    } else {
      output.line(
          "restored %s to %s: %s, of which %d KiB are data"
              .formatted(
                  plan.disk().name(),
                  options.to(),
                  new ByteSize(result.bytes()),
                  (result.dataBytes() + 1023) >> 10));
      output.line("as it was after seq:%d, %s".formatted(plan.point().sequence(), time));
      if (next != null) {
        output.line(
            "the history is thinned there; the next instant that was kept is seq:%d, %s"
                .formatted(next.sequence(), Times.text(next.timeNanos())));
      }
    }
  }
}
