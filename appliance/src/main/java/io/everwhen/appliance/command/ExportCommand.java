package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.ExportOptions;
import io.everwhen.appliance.cli.Output;
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
import io.everwhen.restore.run.Exporter;
import io.everwhen.restore.run.Restorer;
import java.io.IOException;
import java.nio.file.Path;

/** {@code everwhen export}. */
public final class ExportCommand implements Command<ExportOptions> {

  @Override
  public void run(ExportOptions options, Output output)
      throws IOException, CommandFailed, UsageError {
    long now = new SystemClock().wallNanos();
    Instant at = Histories.instant(options.at(), now);
    try (History history =
        Histories.withContent(options.place(), options.disk(), options.secret())) {
      checkTarget(options, history);
      RestorePlan plan =
          new Planner(history, now).plan(Histories.disk(history, options.disk()), at);
      ProgressLine progress = new ProgressLine("exporting " + options.disk(), output);
      new Exporter(new Restorer(history, progress)).export(plan, options.to(), format(options));
      progress.end();
      report(options, plan, output);
    }
  }

  private static Exporter.Format format(ExportOptions options) {
    return switch (options.format()) {
      case RAW -> Exporter.Format.RAW;
      case QCOW2 -> Exporter.Format.QCOW2;
      case VHDX -> Exporter.Format.VHDX;
      case VMDK -> Exporter.Format.VMDK;
    };
  }

  private static void checkTarget(ExportOptions options, History history) throws CommandFailed {
    Path to = options.to();
    OutputFiles.checkNotOwn(to, options.place(), history);
    switch (DiskStorage.kindOf(to)) {
      case NOTHING -> {}
      case FILE -> {
        if (!options.force()) {
          throw new CommandFailed(to + " is there already; --force overwrites it");
        }
      }
      case DIRECTORY -> throw new CommandFailed(to + " is a directory; name a file in it");
      case DEVICE ->
          throw new CommandFailed(to + " is a device; `everwhen restore` writes to devices");
    }
    OutputFiles.checkDirectory(to);
  }

  private static void report(ExportOptions options, RestorePlan plan, Output output) {
    String time = Times.text(plan.point().timeNanos());
    Point next = plan.nextKept();
    if (output.json()) {
      output.object(json -> {
        json.writeStringProperty("disk", plan.disk().name());
        json.writeStringProperty("to", options.to().toString());
        json.writeStringProperty("format", options.format().toString());
        json.writeStringProperty("at", plan.requested().text());
        json.writeNumberProperty("sequence", plan.point().sequence());
        json.writeStringProperty("time", time);
        if (next != null) {
          json.writeNumberProperty("next_kept_sequence", next.sequence());
          json.writeStringProperty("next_kept_time", Times.text(next.timeNanos()));
        }
        json.writeNumberProperty("bytes", plan.sizeBytes());
      });
      return;
    }
    output.line(
        "exported %s to %s: %s as %s"
            .formatted(
                plan.disk().name(),
                options.to(),
                new ByteSize(plan.sizeBytes()),
                options.format()));
    output.line("as it was after seq:%d, %s".formatted(plan.point().sequence(), time));
    if (next != null) {
      output.line(
          "the history is thinned there; the next instant that was kept is seq:%d, %s"
              .formatted(next.sequence(), Times.text(next.timeNanos())));
    }
  }
}
