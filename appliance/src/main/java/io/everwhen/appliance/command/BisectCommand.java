package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.BisectOptions;
import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.Place;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.Bisector.Verdict;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.Bisection;
import io.everwhen.restore.run.Version;
import io.everwhen.restore.run.Versions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/** {@code everwhen bisect}. */
public final class BisectCommand implements Command<BisectOptions> {

  private static final int SHOWN_MAX = 20;

  @Override
  public void run(BisectOptions options, Output output)
      throws IOException, InterruptedException, CommandFailed, UsageError {
    long now = new SystemClock().wallNanos();
    var good = Histories.instant(options.good(), now);
    var bad = Histories.instant(options.bad(), now);
    Place place = new Place(options.data(), null);
    DataDirectory data = Histories.data(place);
    // Nothing that is still to be checked is folded away while it is open.
    try (History history = Check.history(options.check(), place, options.disk())) {
      DiffPlan plan =
          new Planner(history, now).plan(Histories.disk(history, options.disk()), good, bad);
      Bisection.Found found;
      try (Check check = Check.of(options.check(), data, options.disk(), history, output)) {
        found = new Bisection(history, (at, left) -> verdict(check, at, left, output)).search(plan);
      }
      List<Version> suspects = suspects(history, plan, found);
      if (output.json()) {
        printJson(plan, found, suspects, output);
      } else {
        printText(plan, found, suspects, output);
      }
    } catch (CheckFailed e) {
      throw e.failure;
    }
  }

  /** Carries a failure of the command out of the search. */
  private static final class CheckFailed extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient CommandFailed failure;

    CheckFailed(CommandFailed failure) {
      super(failure);
      this.failure = failure;
    }
  }

  private static Verdict verdict(Check check, Point at, int left, Output output)
      throws IOException, InterruptedException {
    int code;
    try {
      code = check.run(at);
    } catch (CommandFailed e) {
      throw new CheckFailed(e);
    }
    Verdict verdict =
        switch (code) {
          case Check.GOOD -> Verdict.GOOD;
          case Check.SKIP -> Verdict.SKIP;
          default -> Verdict.BAD;
        };
    output.note(
        "seq:%d, %s: %s; about %d more to check"
            .formatted(
                at.sequence(),
                Times.text(at.timeNanos()),
                verdict.name().toLowerCase(Locale.ROOT),
                Math.max(0, left - 1)));
    return verdict;
  }

  /** The entries of which one is the first bad one; the first of them, if they are many. */
  private static List<Version> suspects(History history, DiffPlan plan, Bisection.Found found)
      throws IOException {
    List<Version> suspects = new ArrayList<>();
    new Versions(history, plan.disk())
        .find(
            found.lastGood(),
            found.firstBad(),
            0,
            Long.MAX_VALUE,
            version -> {
              if (suspects.size() < SHOWN_MAX) {
                suspects.add(version);
              }
            });
    return suspects;
  }

  private static void printText(
      DiffPlan plan, Bisection.Found found, List<Version> suspects, Output output) {
    output.line(title(found));
    output.line(VersionReport.TITLE);
    suspects.forEach(suspect -> output.line(VersionReport.text(plan.disk(), suspect)));
    if (found.suspects() > suspects.size()) {
      output.line("... and " + (found.suspects() - suspects.size()) + " more");
    }
    if (found.thinned()) {
      output.line(
          "the history is thinned there: what was between the kept instants cannot be told apart");
    }
    output.line("the last good instant: " + pasted(found.lastGood()));
    output.line(
        "the last flush before it:  "
            + found.flushed().map(BisectCommand::pasted).orElse("none nearby"));
  }

  private static String title(Bisection.Found found) {
    if (found.skipped() || (found.thinned() && found.suspects() > 1)) {
      return "after %d checks: it is one of these %d entries"
          .formatted(found.checks(), found.suspects());
    }
    return found.suspects() == 1
        ? "after %d checks: the first bad entry is".formatted(found.checks())
        : "after %d checks: the first bad change has these %d entries"
            .formatted(found.checks(), found.suspects());
  }

  private static String pasted(Point point) {
    return "--at seq:%d (%s)".formatted(point.sequence(), Times.text(point.timeNanos()));
  }

  private static void printJson(
      DiffPlan plan, Bisection.Found found, List<Version> suspects, Output output)
      throws IOException {
    output.stream(json -> {
      json.writeStringProperty("disk", plan.disk().name());
      json.writeNumberProperty("checks", found.checks());
      json.writeBooleanProperty("skipped", found.skipped());
      json.writeBooleanProperty("thinned", found.thinned());
      json.writeNumberProperty("suspect_count", found.suspects());
      json.writeArrayPropertyStart("suspects");
      suspects.forEach(suspect -> VersionReport.write(json, plan.disk(), suspect));
      json.writeEndArray();
      writePoint(json, "first_bad", found.firstBad());
      writePoint(json, "last_good", found.lastGood());
      if (found.flushed().isPresent()) {
        writePoint(json, "last_flush", found.flushed().get());
      } else {
        json.writeNullProperty("last_flush");
      }
    });
  }

  private static void writePoint(JsonGenerator json, String name, Point point) {
    json.writeObjectPropertyStart(name);
    json.writeNumberProperty("sequence", point.sequence());
    json.writeStringProperty("time", Times.text(point.timeNanos()));
    json.writeStringProperty("at", "seq:" + point.sequence());
    json.writeEndObject();
  }
}
