package io.everwhen.restore.plan;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Gap;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.history.LossException;
import io.everwhen.journal.history.Marks;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds what an instant means in a history. One thread, as long as the history is open. */
public final class Planner {

  private final History history;
  private final long nowNanos;

  /**
   * A planner.
   *
   * @param nowNanos the present time: what is later has not happened yet
   */
  public Planner(History history, long nowNanos) {
    this.history = history;
    this.nowNanos = nowNanos;
  }

  /**
   * Plans to restore a disk.
   *
   * @throws UnavailableException when the instant is not within the history
   * @throws DamageException when damage hides it; the message says which instants that costs
   */
  public RestorePlan plan(Manifest.Disk disk, Instant at) throws IOException {
    return telling(() -> planned(disk, at));
  }

  /**
   * Plans to compare a disk at two instants.
   *
   * @throws UnavailableException when one of them is not within the history, or they are in the
   *     wrong order
   * @throws DamageException when damage hides one; the message says which instants that costs
   */
  public DiffPlan plan(Manifest.Disk disk, Instant from, Instant to) throws IOException {
    return telling(() -> {
      Point first = resolve(disk, from);
      Point last = resolve(disk, to);
      if (first.sequence() > last.sequence()) {
        throw new UnavailableException(
            "'%s' (seq:%d, %s) is later than '%s' (seq:%d, %s); the earlier one has to come first"
                .formatted(
                    from.text(),
                    first.sequence(),
                    Times.text(first.timeNanos()),
                    to.text(),
                    last.sequence(),
                    Times.text(last.timeNanos())));
      }
      return new DiffPlan(
          disk,
          first,
          last,
          history.sizeBytesAt(disk, first.sequence()),
          history.sizeBytesAt(disk, last.sequence()),
          first.sequence() < history.thinnedUpTo().sequence());
    });
  }

  /** Something that looks into the history. */
  private interface Look<T> {
    T look() throws IOException;
  }

  /** Says which instants damage costs that is met on the way. */
  private static <T> T telling(Look<T> look) throws IOException {
    try {
      return look.look();
    } catch (LossException e) {
      throw new DamageException(e.getMessage() + ". " + LostInstants.text(e.lost()), e);
    }
  }

  private RestorePlan planned(Manifest.Disk disk, Instant at) throws IOException {
    Point point = resolve(disk, at);
    int segments = 0;
    for (HistorySegment segment : history.segments()) {
      segments += segment.index().firstSequence() <= point.sequence() ? 1 : 0;
    }
    return new RestorePlan(
        disk,
        at,
        point,
        history.keptAfter(point.sequence()).orElse(null),
        history.sizeBytesAt(disk, point.sequence()),
        segments);
  }

  /**
   * The last complete change at an instant.
   *
   * @throws UnavailableException when the instant is not within the history
   */
  public Point resolve(Instant at) throws IOException {
    return resolve(null, at);
  }

  /**
   * The same for one disk.
   *
   * @param disk of which flushes count; null for all
   */
  public Point resolve(Manifest.@Nullable Disk disk, Instant at) throws IOException {
    return switch (at) {
      case Instant.Clean clean -> clean(disk, clean);
      case Instant.Now _ -> atTime(at.text(), Math.max(nowNanos, history.head().timeNanos()));
      case Instant.AtTime time -> {
        // A clock that was set back leaves stamps ahead of it.
        if (time.nanos() > Math.max(nowNanos, history.head().timeNanos())) {
          throw new UnavailableException(
              "the instant '%s' (%s) is in the future; it is %s now"
                  .formatted(time.text(), Times.text(time.nanos()), Times.text(nowNanos)));
        }
        yield atTime(time.text(), time.nanos());
      }
      case Instant.AtSequence sequence -> atSequence(sequence);
      case Instant.AtMark mark -> atMark(mark);
      case Instant.AtSnapshot snapshot -> atSnapshot(snapshot);
    };
  }

  private Point clean(Manifest.@Nullable Disk disk, Instant.Clean at) throws IOException {
    Point point = resolve(disk, at.of());
    return new Flushes(history)
        .last(disk, point.sequence(), Integer.MAX_VALUE)
        .orElseThrow(() ->
            new UnavailableException(
                "no initiator has flushed %s at or before '%s' (seq:%d, %s), as far as the history goes back; leave 'clean' out for that instant itself"
                    .formatted(
                        disk == null ? "a disk" : disk.name(),
                        at.of().text(),
                        point.sequence(),
                        Times.text(point.timeNanos()))));
  }

  private Point atTime(String text, long nanos) throws IOException {
    for (Gap gap : history.gaps()) {
      if (nanos > gap.sinceNanos() && nanos < gap.end().timeNanos()) {
        throw inGap(text, gap);
      }
    }
    return history.atTime(nanos).orElseThrow(() -> beforeHorizon(text));
  }

  private Point atSequence(Instant.AtSequence at) throws IOException {
    Point head = history.head();
    if (at.sequence() > head.sequence() && history.tailDamage().isEmpty()) {
      throw new UnavailableException(
          "there is no entry %d yet; the newest is seq:%d, %s"
              .formatted(at.sequence(), head.sequence(), Times.text(head.timeNanos())));
    }
    for (Gap gap : history.gaps()) {
      if (at.sequence() > gap.after() && at.sequence() < gap.end().sequence()) {
        throw inGap(at.text(), gap);
      }
    }
    return history.atSequence(at.sequence()).orElseThrow(() -> beforeHorizon(at.text()));
  }

  /** What was changed then, entries do not say. */
  private static UnavailableException inGap(String text, Gap gap) {
    return new UnavailableException(
        "the instant '%s' is in a gap: from %s%s changes were not recorded, because the journal had no room. The last instant before it is seq:%d%s"
            .formatted(
                text,
                Times.text(gap.sinceNanos()),
                gap.isOpen() ? " on" : " to " + Times.text(gap.end().timeNanos()),
                gap.after(),
                gap.isOpen() ? "" : ", the first one after it seq:" + gap.end().sequence()));
  }

  private Point atMark(Instant.AtMark at) throws IOException {
    Marks marks = history.marks();
    Optional<Point> found =
        marks.all().reversed().stream()
            .filter(mark -> mark.name().equals(at.name()))
            .findFirst()
            .map(Marks.Mark::point);
    DamageException damage = marks.damage();
    if (found.isEmpty() && damage != null) {
      throw new DamageException(
          "there is no mark '%s' among those that can be read; %s"
              .formatted(at.name(), damage.getMessage()),
          damage);
    }
    return found.orElseThrow(() ->
        new UnavailableException(
            "there is no mark '"
                + at.name()
                + "'"
                + Suggestions.near(
                    at.name(), marks.all().stream().map(Marks.Mark::name).toList())));
  }

  private Point atSnapshot(Instant.AtSnapshot at) throws IOException {
    List<Pins.Pin> pins = history.pins();
    Pins.Pin pin =
        pins.stream()
            .filter(each -> each.name().equals(at.name()))
            .findFirst()
            .orElseThrow(() ->
                new UnavailableException(
                    "there is no snapshot '"
                        + at.name()
                        + "'"
                        + Suggestions.near(at.name(), pins.stream().map(Pins.Pin::name).toList())));
    return history
        .atSequence(pin.sequence())
        .filter(found -> found.sequence() == pin.sequence())
        .orElseThrow(() ->
            new UnavailableException(
                "the instant of the snapshot '%s', seq:%d, is not in the history any more"
                    .formatted(pin.name(), pin.sequence())));
  }

  private UnavailableException beforeHorizon(String text) {
    try {
      Point horizon = history.horizon();
      return new UnavailableException(
          "the instant '%s' is before the horizon; the oldest that can be asked for is seq:%d, %s"
              .formatted(text, horizon.sequence(), Times.text(horizon.timeNanos())));
    } catch (IOException e) {
      return new UnavailableException("the instant '" + text + "' is before the horizon");
    }
  }
}
