package io.everwhen.restore.run;

import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.Bisector;
import io.everwhen.restore.plan.Bisector.Verdict;
import io.everwhen.restore.plan.DiffPlan;
import io.everwhen.restore.plan.Flushes;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.plan.UnavailableException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Searches the entry that made a disk bad, between an instant when it was good and one when it is
 * bad, by having a few instants between them checked. One thread, as long as the history is open.
 */
public final class Bisection {

  /** How far back the last flush is looked for: each segment is read as a whole. */
  private static final int FLUSH_SEGMENTS_MAX = 4;

  private final History history;
  private final Check check;

  /** Finds out whether a disk was good. */
  @FunctionalInterface
  public interface Check {

    /**
     * Checks the disk as it was at an instant.
     *
     * @param at the instant
     * @param stepsLeft about how many checks follow
     */
    Verdict check(Point at, int stepsLeft) throws IOException, InterruptedException;
  }

  public Bisection(History history, Check check) {
    this.history = history;
    this.check = check;
  }

  /**
   * What was found.
   *
   * @param lastGood the last instant that is good
   * @param firstBad the first one that is bad
   * @param suspects how many entries that recorded anything lie between them
   * @param skipped whether that is so because some instants could not be checked
   * @param thinned whether history is thinned there: then others may have been between them
   * @param flushed the last flush up to the last good instant; empty when there is none nearby
   * @param checks how many instants were checked
   */
  public record Found(
      Point lastGood,
      Point firstBad,
      long suspects,
      boolean skipped,
      boolean thinned,
      Optional<Point> flushed,
      int checks) {}

  /**
   * Searches.
   *
   * @throws UnavailableException when the earlier instant is not good, or the later one not bad
   */
  public Found search(DiffPlan plan) throws IOException, InterruptedException {
    Changes changes = new Changes(history, plan);
    if (changes.count() == 0) {
      throw new UnavailableException(
          "nothing was written to %s between %s and %s"
              .formatted(plan.disk().name(), text(plan.from()), text(plan.to())));
    }
    Bisector bisector = new Bisector(changes.count());
    confirm(plan.from(), Verdict.GOOD, bisector);
    confirm(plan.to(), Verdict.BAD, bisector);
    int checks = 2;
    Set<Point> skipped = new HashSet<>();
    for (OptionalLong next = bisector.next(); next.isPresent(); next = bisector.next()) {
      long number = next.getAsLong();
      Point at = changes.with(number);
      long last = changes.lastIn(at);
      if (last >= bisector.firstBad()) {
        // The same change as one that is known to be bad.
        bisector.tell(number, Verdict.BAD);
        continue;
      }
      if (skipped.contains(at)) {
        bisector.tell(number, Verdict.SKIP);
        continue;
      }
      Verdict verdict = check.check(at, bisector.stepsLeft());
      checks++;
      if (verdict == Verdict.SKIP) {
        skipped.add(at);
      }
      bisector.tell(verdict == Verdict.GOOD ? last : number, verdict);
    }
    Point lastGood = bisector.lastGood() < 0 ? plan.from() : changes.with(bisector.lastGood());
    Point firstBad = changes.with(bisector.firstBad());
    long suspects = changes.lastIn(firstBad) - bisector.lastGood();
    return new Found(
        lastGood,
        firstBad,
        suspects,
        !skipped.isEmpty() && isSeveral(changes, bisector),
        firstBad.sequence() <= history.thinnedUpTo().sequence(),
        lastFlush(lastGood.sequence()),
        checks);
  }

  /** Whether more than one change lies between what is known. */
  private static boolean isSeveral(Changes changes, Bisector bisector) throws IOException {
    return !changes.with(bisector.lastGood() + 1).equals(changes.with(bisector.firstBad()));
  }

  private void confirm(Point at, Verdict expected, Bisector bisector)
      throws IOException, InterruptedException {
    Verdict verdict = check.check(at, bisector.stepsLeft());
    if (verdict != expected) {
      throw new UnavailableException(
          "the command says that %s is %s, and it has to be %s for a search"
              .formatted(text(at), text(verdict), text(expected)));
    }
  }

  private static String text(Verdict verdict) {
    return switch (verdict) {
      case GOOD -> "good";
      case BAD -> "bad";
      case SKIP -> "to be skipped";
    };
  }

  private static String text(Point point) {
    return "seq:%d (%s)".formatted(point.sequence(), Times.text(point.timeNanos()));
  }

  /** The last flush up to an entry that can be asked for; when nothing is damaged on the way. */
  private Optional<Point> lastFlush(long sequence) throws IOException {
    try {
      return new Flushes(history).last(null, sequence, FLUSH_SEGMENTS_MAX);
    } catch (DamageException e) {
      return Optional.empty();
    }
  }
}
