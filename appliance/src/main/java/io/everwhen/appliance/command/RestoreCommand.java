package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.RestoreOptions;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.DiskName;
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
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code everwhen restore}. */
public final class RestoreCommand implements Command<RestoreOptions> {

  @Override
  public void run(RestoreOptions options, Output output)
      throws IOException, CommandFailed, UsageError {
    long now = new SystemClock().wallNanos();
    Instant at = Histories.instant(options.at(), now);
    try (History history =
        Histories.withContent(options.place(), options.disks().getFirst(), options.secret())) {
      // Whatever can be refused is, before anything is written.
      Map<RestorePlan, Path> plans = new LinkedHashMap<>();
      for (DiskName name : options.disks()) {
        checkInGroup(options, name, history);
        Path to = target(options, name);
        checkTarget(options, to, history);
        plans.put(new Planner(history, now).plan(Histories.disk(history, name), at), to);
      }
      for (Map.Entry<RestorePlan, Path> each : plans.entrySet()) {
        restore(options, each.getKey(), each.getValue(), history, output);
      }
    }
  }

  private static void checkInGroup(RestoreOptions options, DiskName name, History history)
      throws CommandFailed {
    if (options.disks().size() > 1 && history.disk(name.value()).isEmpty()) {
      throw new CommandFailed(
          "%s is not in the group of %s, so there is no instant of both: restore it by itself"
              .formatted(name, options.disks().getFirst()));
    }
  }

  /** Where a disk is written: what was named, or a file of its own in the directory that was. */
  private static Path target(RestoreOptions options, DiskName name) throws CommandFailed {
    Path to = options.to();
    if (options.disks().size() == 1) {
      return to;
    }
    if (DiskStorage.kindOf(to) != DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed(
          to + " is not a directory; several disks are restored to files in one");
    }
    return to.resolve(name + ".img");
  }

  private static void restore(
      RestoreOptions options, RestorePlan plan, Path to, History history, Output output)
      throws IOException {
    ProgressLine progress = new ProgressLine("restoring " + plan.disk().name(), output);
    Restorer plain = new Restorer(history, progress);
    Restorer restorer = options.way().verify() ? plain.readingBack() : plain;
    RestoreResult result =
        options.way().inPlace()
            ? restorer.restoreInPlace(plan, to)
            : DiskStorage.kindOf(to) == DiskStorage.Kind.DEVICE
                ? restorer.restoreToDevice(plan, to)
                : restorer.restoreToFile(plan, to);
    progress.end();
    report(options, plan, to, result, output);
  }

  /** Fails when the target must not be written to. */
  private static void checkTarget(RestoreOptions options, Path to, History history)
      throws CommandFailed {
    OutputFiles.checkNotOwn(to, options.place(), history);
    DiskStorage.Kind kind = DiskStorage.kindOf(to);
    if (kind == DiskStorage.Kind.DIRECTORY) {
      throw new CommandFailed(to + " is a directory; name a file in it, or a device");
    }
    if (options.way().inPlace() && kind == DiskStorage.Kind.NOTHING) {
      throw new CommandFailed("there is no " + to + " to restore in place; leave out --in-place");
    }
    if (kind != DiskStorage.Kind.NOTHING && !options.way().force() && !options.way().inPlace()) {
      throw new CommandFailed(
          to
              + " is there already; --force overwrites it, --in-place writes only what differs on it");
    }
    OutputFiles.checkDirectory(to);
  }

  private static void report(
      RestoreOptions options, RestorePlan plan, Path to, RestoreResult result, Output output) {
    String time = Times.text(plan.point().timeNanos());
    Point next = plan.nextKept();
    if (output.json()) {
      output.object(json -> {
        json.writeStringProperty("disk", plan.disk().name());
        json.writeStringProperty("to", to.toString());
        json.writeStringProperty("at", plan.requested().text());
        json.writeNumberProperty("sequence", plan.point().sequence());
        json.writeStringProperty("time", time);
        if (next != null) {
          json.writeNumberProperty("next_kept_sequence", next.sequence());
          json.writeStringProperty("next_kept_time", Times.text(next.timeNanos()));
        }
        json.writeNumberProperty("bytes", result.bytes());
        json.writeNumberProperty(
            options.way().inPlace() ? "changed_bytes" : "data_bytes", result.writtenBytes());
        json.writeBooleanProperty("verified", result.verified());
      });
      return;
    }
    output.line(
        "restored %s to %s: %s, of which %d KiB %s"
            .formatted(
                plan.disk().name(),
                to,
                new ByteSize(result.bytes()),
                (result.writtenBytes() + 1023) >> 10,
                options.way().inPlace() ? "were different and are written" : "are data"));
    output.line("as it was after seq:%d, %s".formatted(plan.point().sequence(), time));
    if (result.verified()) {
      output.line("verified: it was read back, and is the same to the byte");
    }
    if (next != null) {
      output.line(
          "the history is thinned there; the next instant that was kept is seq:%d, %s"
              .formatted(next.sequence(), Times.text(next.timeNanos())));
    }
  }
}
