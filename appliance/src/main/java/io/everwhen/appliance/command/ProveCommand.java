package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.Place;
import io.everwhen.appliance.cli.ProveOptions;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.ProofFile;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/** {@code everwhen prove}. */
public final class ProveCommand implements Command<ProveOptions> {

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Clock clock = new SystemClock();

  @Override
  public void run(ProveOptions options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(new Place(options.data(), null));
    Duration every = options.every();
    while (true) {
      int failed = proveOnce(options, data, output);
      if (every == null) {
        if (failed > 0) {
          throw new CommandFailed(
              "%d %s not pass the check; `everwhen bisect` finds what broke it"
                  .formatted(failed, failed == 1 ? "instant does" : "instants do"));
        }
        return;
      }
      Thread.sleep(every);
    }
  }

  /**
   * @return how many instants are not good
   */
  private int proveOnce(ProveOptions options, DataDirectory data, Output output)
      throws IOException, InterruptedException, CommandFailed {
    int failed = 0;
    Place place = new Place(options.data(), null);
    try (History history = Check.history(options.check(), place, options.disk());
        Check check = Check.of(options.check(), data, options.disk(), history, output)) {
      ProofFile proof = new ProofFile(data.home(options.disk()));
      // The newest comes last, so that it is what status tells if it is good.
      for (Point at : instants(history, options.random())) {
        long began = clock.monotonicNanos();
        int code = check.run(at);
        long took = (clock.monotonicNanos() - began) / NANOS_PER_MILLI;
        if (code == Check.GOOD) {
          proof.save(at, clock.wallNanos(), took);
        } else if (code != Check.SKIP) {
          failed++;
        }
        print(at, code, took, output);
      }
    }
    return failed;
  }

  /** Some instants of a history and the newest, in the order of time. */
  private List<Point> instants(History history, int count) throws IOException {
    Planner planner = new Planner(history, clock.wallNanos());
    Point newest = planner.resolve(new Instant.Now("now"));
    long from = history.horizon().timeNanos();
    List<Point> points = new ArrayList<>(List.of(newest));
    RandomGenerator random = new SecureRandom();
    for (int i = 0; i < count && from < newest.timeNanos(); i++) {
      long nanos = random.nextLong(from, newest.timeNanos());
      points.add(planner.resolve(new Instant.AtTime(Times.text(nanos), nanos)));
    }
    return points.stream().distinct().sorted(Comparator.comparingLong(Point::sequence)).toList();
  }

  private static void print(Point at, int code, long tookMillis, Output output) {
    String verdict =
        switch (code) {
          case Check.GOOD -> "good";
          case Check.SKIP -> "skipped";
          default -> "bad";
        };
    if (output.json()) {
      output.object(json -> {
        json.writeNumberProperty("sequence", at.sequence());
        json.writeStringProperty("time", Times.text(at.timeNanos()));
        json.writeStringProperty("verdict", verdict);
        json.writeNumberProperty("exit_code", code);
        json.writeNumberProperty("took_millis", tookMillis);
      });
      output.out().flush();
    } else {
      output.line(
          "seq:%d, %s: %s, in %.1f s%s"
              .formatted(
                  at.sequence(),
                  Times.text(at.timeNanos()),
                  verdict,
                  tookMillis / 1000.0,
                  verdict.equals("bad") ? " (exit code " + code + ")" : ""));
    }
  }
}
