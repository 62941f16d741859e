package io.everwhen.journal.history;

import io.everwhen.journal.format.Kept;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which instants of the past are to be kept: at first every one, then the last of each hour, then
 * of each day, or whatever steps are asked for; after the last of them, none.
 *
 * <p>An instant of a step is the disk at a full step since the epoch: hourly, at each full hour
 * (UTC).
 *
 * @param fine how long every instant is kept
 * @param tiers what is kept after that, in this order
 */
public record Retention(Duration fine, List<Tier> tiers) {

  /** More than these would make thinning slow, and nobody could tell them apart. */
  private static final int MAX_INSTANTS = 10_000;

  private static final int MAX_MARKS = 10_000;

  /**
   * A stretch of the past.
   *
   * @param every the step between the instants that are kept
   * @param span how long it is
   */
  public record Tier(Duration every, Duration span) {}

  /**
   * A policy.
   *
   * @throws IllegalArgumentException when a step is not a multiple of the one before, or longer
   *     than its stretch, or there are too many
   */
  public Retention {
    tiers = List.copyOf(tiers);
    if (fine.isNegative() || fine.isZero()) {
      throw new IllegalArgumentException("every instant has to be kept for a while");
    }
    long before = 1;
    long instants = 0;
    for (Tier tier : tiers) {
      long step = tier.every.toNanos();
      if (step <= 0 || step % before != 0) {
        throw new IllegalArgumentException(
            "each step has to be a multiple of the one before, as a day is of an hour");
      }
      if (tier.span.compareTo(tier.every) < 0) {
        throw new IllegalArgumentException("a step cannot be longer than the time it is kept for");
      }
      before = step;
      instants += tier.span.toNanos() / step;
    }
    if (instants > MAX_INSTANTS) {
      throw new IllegalArgumentException(
          "%d instants would be kept; at most %d can be".formatted(instants, MAX_INSTANTS));
    }
  }

  /** Entries stamped later than this are not thinned. */
  long fineSince(long nowNanos) {
    return nowNanos - fine.toNanos();
  }

  /** What comes before the last change at or before this time is not kept at all. */
  long expiredAt(long nowNanos) {
    return tiers.isEmpty() ? fineSince(nowNanos) : endOf(tiers.size() - 1, nowNanos);
  }

  /** Whether a full step lies behind one time, and not behind another. */
  boolean stepBetween(long nanos, long laterNanos) {
    if (tiers.isEmpty()) {
      return false;
    }
    long step = tiers.getFirst().every.toNanos();
    return Math.floorDiv(nanos, step) < Math.floorDiv(laterNanos, step);
  }

  /** The full steps after one time up to another that an instant is to be kept for, ascending. */
  NavigableSet<Long> steps(long afterNanos, long upToNanos, long nowNanos) {
    NavigableSet<Long> steps = new TreeSet<>();
    long to = upToNanos;
    for (int i = 0; i < tiers.size(); i++) {
      long end = endOf(i, nowNanos);
      long step = tiers.get(i).every.toNanos();
      for (long at = floor(to, step); at >= end && at > afterNanos; at -= step) {
        steps.add(at);
      }
      to = Math.min(to, end);
    }
    return steps;
  }

  /** Whether a full step that an instant is to be kept for lies from one time on before another. */
  private boolean isStepWithin(long fromNanos, long toNanos, long nowNanos) {
    long to = toNanos - 1;
    for (int i = 0; i < tiers.size(); i++) {
      long end = endOf(i, nowNanos);
      long step = floor(to, tiers.get(i).every.toNanos());
      if (step >= fromNanos && step >= end) {
        return true;
      }
      to = Math.min(to, end);
    }
    return false;
  }

  /** Where a tier ends, and the next begins: at a full step of the next. */
  private long endOf(int tier, long nowNanos) {
    long age = fine.toNanos();
    for (Tier each : tiers.subList(0, tier + 1)) {
      age += each.span.toNanos();
    }
    Tier next = tiers.get(Math.min(tier + 1, tiers.size() - 1));
    return floor(nowNanos - age, next.every.toNanos());
  }

  private static long floor(long nanos, long step) {
    return Math.floorDiv(nanos, step) * step;
  }

  /**
   * Which of some instants are kept: the last at or before each full step, the first and the last
   * of all, and those with a name; of these the newest {@value #MAX_MARKS}.
   */
  NavigableMap<Long, Kept.Instant> choose(
      NavigableMap<Long, Kept.Instant> candidates, long nowNanos) {
    Set<Long> chosen = new HashSet<>();
    chosen.add(candidates.firstKey());
    chosen.add(candidates.lastKey());
    Map.Entry<Long, Kept.Instant> last = null;
    for (Map.Entry<Long, Kept.Instant> next : candidates.entrySet()) {
      if (last != null
          && isStepWithin(last.getValue().timeNanos(), next.getValue().timeNanos(), nowNanos)) {
        chosen.add(last.getKey());
      }
      last = next;
    }
    candidates.descendingMap().entrySet().stream()
        .filter(each -> each.getValue().mark())
        .limit(MAX_MARKS)
        .forEach(each -> chosen.add(each.getKey()));
    NavigableMap<Long, Kept.Instant> kept = new TreeMap<>(candidates);
    kept.keySet().retainAll(chosen);
    return kept;
  }
}
