package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.Kept;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds which instant of a history a time or an entry means: the last change that was complete
 * then, or where history was thinned, the last that was kept. One thread, as long as the history is
 * open.
 */
final class Instants {

  /** More entries than any single change has. */
  private static final int MAX_RUN_ENTRIES = 512;

  private final History history;
  private final Kept kept;
  private final List<HistorySegment> segments;

  /**
   * @param segments behind the baseline, oldest first
   */
  Instants(History history, Kept kept, List<HistorySegment> segments) {
    this.history = history;
    this.kept = kept;
    this.segments = segments;
  }

  /**
   * The last change that was complete at {@code timeNanos}, or where history was thinned, the last
   * that was kept; empty when that is before the horizon.
   *
   * @throws DamageException when it may be an entry behind the newest that can be read
   */
  Optional<Point> atTime(long timeNanos) throws IOException {
    return present(foundAtTime(timeNanos));
  }

  /**
   * Where an instant needs one that is not there any more, the last before it that does not: see
   * {@link Rewinds}.
   */
  private Optional<Point> present(Optional<Point> found) throws IOException {
    if (found.isEmpty() || history.isKept(found.get().sequence())) {
      return found;
    }
    long before = history.rewinds().lastBefore(found.get().sequence());
    long horizon = history.horizon().sequence();
    return before >= found.get().sequence() || before < horizon
        ? Optional.of(history.horizon())
        : atSequence(before);
  }

  private Optional<Point> foundAtTime(long timeNanos) throws IOException {
    if (timeNanos < history.horizon().timeNanos()) {
      return Optional.empty();
    }
    if (history.tailDamage().isPresent() && timeNanos >= history.head().timeNanos()) {
      throw history.endsEarly();
    }
    if (kept.end() > history.horizon().sequence() && timeNanos < kept.endTimeNanos()) {
      Point instant = keptAtOrBefore(kept.atOrBeforeTime(timeNanos));
      history.checkKnown(instant.sequence());
      return Optional.of(instant);
    }
    HistorySegment found = null;
    for (HistorySegment segment : segments) {
      if (segment.index().firstTimeNanos() > timeNanos) {
        break;
      }
      found = segment;
    }
    Point end = found == null ? history.horizon() : end(found);
    if (timeNanos < end.timeNanos()) {
      return atSequence(lastSequenceAt(Objects.requireNonNull(found), timeNanos));
    }
    if (timeNanos > end.timeNanos()) {
      history.checkKnown(end.sequence());
      for (Hole hole : history.holes()) {
        if (hole.fromSequence() == end.sequence() + 1) {
          throw history.unknown(hole); // it may have been in there
        }
      }
    }
    return atSequence(end.sequence());
  }

  /** The last entry of this segment that is stamped at or before {@code timeNanos}. */
  private long lastSequenceAt(HistorySegment segment, long timeNanos) throws IOException {
    SegmentIndex index = segment.index();
    long last = index.firstSequence() - 1;
    SkippingCursor cursor = new SkippingCursor(segment, index.placeBefore(timeNanos));
    while (cursor.advance()) {
      if (cursor.entry().timeNanos() > timeNanos) {
        if (cursor.skipped()) {
          throw cannotTell(segment, last + 1); // when that was
        }
        return last;
      }
      last = cursor.entry().sequence();
    }
    throw cannotTell(segment, last + 1);
  }

  /** An entry cannot be read, and so it cannot be told which instant is asked for. */
  private LossException cannotTell(HistorySegment segment, long sequence) throws IOException {
    return new LossException(
        segment.describeDamage(null), null, new Losses(history).addEntry(sequence).lost());
  }

  /** A segment ends with a complete change. */
  private static Point end(HistorySegment segment) {
    return new Point(segment.index().lastSequence(), segment.index().lastTimeNanos());
  }

  /**
   * The last change that was complete at this entry; empty when it is before the horizon or after
   * the head. Inside a change of several entries, the one before it; where history was thinned, the
   * last that was kept.
   */
  Optional<Point> atSequence(long sequence) throws IOException {
    return present(foundAtSequence(sequence));
  }

  private Optional<Point> foundAtSequence(long sequence) throws IOException {
    if (history.tailDamage().isPresent() && sequence > history.head().sequence()) {
      throw history.endsEarly();
    }
    if (sequence < history.horizon().sequence() || sequence > history.head().sequence()) {
      return Optional.empty();
    }
    history.checkKnown(sequence);
    if (sequence == history.horizon().sequence()) {
      return Optional.of(history.horizon());
    }
    if (isThinnedAt(sequence)) {
      return Optional.of(keptAtOrBefore(kept.atOrBefore(sequence)));
    }
    HistorySegment segment = containing(sequence);
    Point found = segment == null ? null : lastCompleteIn(segment, sequence);
    if (found == null) {
      throw segment == null
          ? new DamageException("entry " + sequence + " is in no segment")
          : cannotTell(segment, sequence);
    }
    return Optional.of(found);
  }

  private @Nullable HistorySegment containing(long sequence) {
    for (HistorySegment segment : segments) {
      if (sequence <= segment.index().lastSequence()
          && sequence >= segment.index().firstSequence()) {
        return segment;
      }
    }
    return null;
  }

  /** The last change in a segment that is complete at an entry; null when damage hides it. */
  private @Nullable Point lastCompleteIn(HistorySegment segment, long sequence) throws IOException {
    SegmentIndex index = segment.index();
    long from = Math.max(index.firstSequence(), sequence - MAX_RUN_ENTRIES);
    SkippingCursor cursor = new SkippingCursor(segment, index.placeAtOrBefore(from));
    Point complete = null;
    boolean skipped = false;
    long last = 0;
    while (last < sequence && cursor.advance()) {
      if (cursor.skipped()) {
        skipped = true;
        complete = null; // the last one may have ended there
      }
      last = cursor.entry().sequence();
      complete = cursor.entry().continues() ? complete : point(cursor.entry());
    }
    if (last != sequence || (complete == null && skipped)) {
      return null;
    }
    return complete != null ? complete : endBefore(segment);
  }

  private Point endBefore(HistorySegment segment) throws IOException {
    Point end = history.horizon();
    for (HistorySegment each : segments) {
      if (each.number() >= segment.number()) {
        break;
      }
      end = end(each);
    }
    return end;
  }

  /** The last complete change up to an entry that can be named for certain. */
  Point pointAtOrBefore(long sequence) throws IOException {
    if (sequence <= history.horizon().sequence()) {
      return history.horizon();
    }
    if (isThinnedAt(sequence)) {
      return keptAtOrBefore(kept.atOrBefore(sequence));
    }
    HistorySegment segment = containing(sequence);
    if (segment == null) {
      return history.head();
    }
    try {
      Point found = lastCompleteIn(segment, sequence);
      return found == null ? endBefore(segment) : found;
    } catch (DamageException e) {
      return endBefore(segment);
    }
  }

  /** The first complete change from an entry on that can be named for certain. */
  Point pointAtOrAfter(long sequence) throws IOException {
    if (isThinnedAt(sequence)) {
      return point(kept.atOrAfter(sequence));
    }
    HistorySegment segment = containing(sequence);
    if (segment == null) {
      return history.head();
    }
    try {
      SkippingCursor cursor =
          new SkippingCursor(segment, segment.index().placeAtOrBefore(sequence));
      while (cursor.advance()) {
        if (cursor.entry().sequence() >= sequence && !cursor.entry().continues()) {
          return point(cursor.entry());
        }
      }
    } catch (DamageException e) {
      return end(segment);
    }
    return end(segment);
  }

  /** Whether the disks as of any of these entries can be asked for, as far as thinning goes. */
  boolean isAnyKept(long first, long last) {
    Map.Entry<Long, Kept.Instant> instant = kept.instants().ceilingEntry(first);
    return last >= kept.end() || (instant != null && instant.getKey() <= last);
  }

  /**
   * The next instant that was kept, where history was thinned; empty where every one can be had.
   */
  Optional<Point> keptAfter(long sequence) throws IOException {
    return isThinnedAt(sequence)
        ? Optional.of(point(kept.atOrAfter(sequence + 1)))
        : Optional.empty();
  }

  /** The last kept instant at or before this one, which lies in what was thinned. */
  private Point keptAtOrBefore(Map.@Nullable Entry<Long, Kept.Instant> instant) throws IOException {
    Point horizon = history.horizon();
    return instant == null || instant.getKey() < horizon.sequence() ? horizon : point(instant);
  }

  private boolean isThinnedAt(long sequence) throws IOException {
    return sequence < kept.end() && sequence >= history.horizon().sequence();
  }

  static Point point(Map.Entry<Long, Kept.Instant> instant) {
    return new Point(instant.getKey(), instant.getValue().timeNanos());
  }

  static Point point(EntryHeader entry) {
    return new Point(entry.sequence(), entry.timeNanos());
  }
}
