package io.everwhen.journal.history;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Kept;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Thins the history of one group as it gets older: decides which instants are kept, says so on the
 * volume, and only then has the entries deleted that none of them needs.
 *
 * <p>Where the wall clock was set forward, it goes by the time that has passed since: nothing is
 * deleted because it looks older than it is. All of it is done in small steps. One thread, except
 * for {@link #kept}.
 */
public final class Thinner {

  private static final Logger log = LoggerFactory.getLogger(Thinner.class);

  /** Of the time that goes by, thinning takes one part, and rests as many as this. */
  private static final int REST = 4;

  /** How long what cannot be read is tried again, before thinning goes on without it. */
  private static final long PATIENCE_NANOS = 3_600_000_000_000L;

  private static final long NEVER = Long.MIN_VALUE;

  private final JournalFiles files;
  private final Clock clock;
  private final RandomGenerator random;

  private @Nullable Retention retention;
  private long wallAtStart;
  private long monotonicAtStart;
  private volatile Kept kept;
  private long keptSegment;
  private @Nullable Coalescer coalescer;
  private long dueNanos;
  private long damagedSinceNanos = NEVER;
  private @Nullable String problem;

  /** The last segment that is old enough to be thinned, as far as they were looked at. */
  private End passed;

  /** The last segment of which only pinned instants are kept, for lack of room. */
  private End squeezed;

  private @Nullable End following;

  private record End(long segment, long sequence, long timeNanos) {
    static End of(SegmentIndex index) {
      return new End(index.segment(), index.lastSequence(), index.lastTimeNanos());
    }

    static End of(Manifest.Baseline baseline) {
      return new End(baseline.segment(), baseline.sequence(), baseline.timeNanos());
    }
  }

  /**
   * For a group that is open.
   *
   * @param retention null when nothing is to be thinned
   */
  public Thinner(
      JournalFiles files,
      Manifest manifest,
      @Nullable Retention retention,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    this.files = files;
    this.clock = clock;
    this.random = random;
    this.kept = files.readKept(manifest);
    this.passed = End.of(manifest.baseline());
    this.squeezed = passed;
    follow(retention);
  }

  /** Follows another policy from now on. */
  public void follow(@Nullable Retention other) {
    if (retention == null && other != null) {
      wallAtStart = clock.wallNanos();
      monotonicAtStart = clock.monotonicNanos();
      dueNanos = monotonicAtStart;
    }
    retention = other;
  }

  /** Why the history is not thinned as it should be; null when it is. */
  public @Nullable String problem() {
    return problem;
  }

  /** Which instants are kept where the history was thinned. */
  public Kept kept() {
    return kept;
  }

  /** Whether there is a policy. */
  public boolean hasPolicy() {
    return retention != null;
  }

  /** Whether no instant before one with this stamp is to be kept any more. */
  public boolean hasExpired(long timeNanos) {
    Retention policy = retention;
    return policy != null && timeNanos <= policy.expiredAt(now(policy));
  }

  /** The time to go by; never so early that what was decided would have been decided too early. */
  private long now(Retention policy) {
    long least =
        Math.min(clock.wallNanos(), wallAtStart + clock.monotonicNanos() - monotonicAtStart);
    long decided = Math.max(passed.timeNanos, kept.endTimeNanos());
    return Math.max(least, decided + policy.fine().toNanos());
  }

  /** Gives up the file of a segment that was thinned. */
  public interface Discarder {
    void discard(SegmentIndex index, boolean unread) throws IOException;
  }

  /**
   * Gives up all instants but pinned ones in the oldest segments where that was not done yet, for
   * lack of room: {@link #step} then carries it out.
   *
   * @param appliedSequence what comes later is still needed whole
   * @param bytes how long these segments are together, at least
   * @return false when there is none left
   */
  public boolean squeeze(Manifest manifest, long appliedSequence, long bytes) throws IOException {
    if (squeezed.segment < manifest.baseline().segment()) {
      squeezed = End.of(manifest.baseline());
    }
    End before = squeezed;
    long left = bytes;
    while (left > 0 && files.storage().exists(FileNames.index(squeezed.segment + 1))) {
      SegmentIndex index = files.readIndex(manifest, squeezed.segment + 1);
      if (index.lastSequence() > appliedSequence) {
        break;
      }
      squeezed = End.of(index);
      left -= index.dataLength();
    }
    return !squeezed.equals(before);
  }

  /**
   * Does a piece of what is to be done.
   *
   * @param pins the instants that are kept whatever the policy says
   * @param appliedSequence what comes later is still needed whole
   * @param urgent whether not to rest in between
   * @return whether there was anything to do that can be done now
   */
  public boolean step(
      Manifest manifest, Pins pins, long appliedSequence, boolean urgent, Discarder discarder)
      throws IOException {
    Retention policy = retention;
    boolean any = policy != null || Math.max(squeezed.sequence, kept.end()) > 0;
    if (!any || manifest.folding() != 0) {
      return false;
    }
    try {
      boolean worked =
          pass(manifest, policy, appliedSequence)
              || declare(manifest, policy, pins)
              || coalesce(manifest, urgent, discarder);
      if (worked) {
        problem = null;
      }
      return worked;
    } catch (DamageException | FormatException e) {
      String now = "the history in %s is not thinned: %s".formatted(where(), e.getMessage());
      if (!now.equals(problem)) {
        log.warn("{}", now);
      }
      problem = now;
      return false;
    } catch (NoSpaceException e) {
      // Folding may make the room, and must not be kept from it.
      log.debug("thinning {} has to wait: {}", where(), e.getMessage());
      return false;
    }
  }

  private String where() {
    return files.storage().describe();
  }

  /** Goes past the next segment, if it is old enough. */
  private boolean pass(Manifest manifest, @Nullable Retention policy, long appliedSequence)
      throws IOException {
    if (passed.segment < manifest.baseline().segment()) {
      passed = End.of(manifest.baseline());
    }
    long number = passed.segment + 1;
    End next = following;
    if (next == null || next.segment != number) {
      if (!files.storage().exists(FileNames.index(number))) {
        return false;
      }
      next = End.of(files.readIndex(manifest, number));
      following = next;
    }
    boolean decided = next.sequence <= Math.max(squeezed.sequence, kept.end());
    boolean old = policy != null && next.timeNanos <= policy.fineSince(now(policy));
    if (!(decided || old) || next.sequence > appliedSequence) {
      return false;
    }
    passed = next;
    if (next.sequence == kept.end()) {
      // Who wrote it may have died before anything was deleted because of it.
      keptSegment = next.segment;
      coalescer = new Coalescer(files, kept, keptSegment, manifest.baseline().sequence());
    }
    return true;
  }

  /** Decides again which instants are kept, if another step of the policy lies behind us. */
  private boolean declare(Manifest manifest, @Nullable Retention policy, Pins pins)
      throws IOException {
    Manifest.Baseline baseline = manifest.baseline();
    boolean due =
        passed.sequence <= squeezed.sequence
            || (policy != null && policy.stepBetween(kept.endTimeNanos(), passed.timeNanos));
    boolean further = due && passed.sequence > Math.max(kept.end(), baseline.sequence());
    if (!further && (kept.end() <= baseline.sequence() || keptSegment == 0)) {
      return false;
    }
    NavigableMap<Long, Kept.Instant> candidates =
        new TreeMap<>(kept.instants().tailMap(baseline.sequence(), true));
    if (kept.has(baseline.sequence())) {
      candidates.putIfAbsent(baseline.sequence(), new Kept.Instant(baseline.timeNanos(), false));
    }
    NavigableMap<Long, Kept.Instant> before = new TreeMap<>(candidates);
    if (further) {
      try {
        addNew(candidates, policy, pins, false);
        damagedSinceNanos = NEVER;
      } catch (DamageException e) {
        damagedSinceNanos = damagedSinceNanos == NEVER ? clock.monotonicNanos() : damagedSinceNanos;
        if (!isLastingDamage()) {
          throw e;
        }
        log.warn("{} is thinned without what cannot be read: {}", where(), e.getMessage());
        candidates.clear();
        candidates.putAll(before);
        addNew(candidates, policy, pins, true);
      }
    }
    NavigableMap<Long, Kept.Instant> chosen = choose(candidates, policy, pins);
    if (chosen.equals(before)) {
      return false;
    }
    Kept next = new Kept(kept.group(), kept.turn() + 1, chosen);
    files.writeKept(next);
    long from = oldestChange(before, chosen, baseline.sequence());
    if (coalescer != null) {
      from = Math.min(from, coalescer.fromSequence());
    }
    kept = next;
    keptSegment = further ? passed.segment : keptSegment;
    coalescer = new Coalescer(files, kept, keptSegment, from);
    return true;
  }

  /** By the policy, as far as there is room for more than what is pinned. */
  private NavigableMap<Long, Kept.Instant> choose(
      NavigableMap<Long, Kept.Instant> candidates, @Nullable Retention policy, Pins pins) {
    NavigableMap<Long, Kept.Instant> chosen =
        policy == null ? new TreeMap<>(candidates) : policy.choose(candidates, now(policy));
    chosen.headMap(squeezed.sequence, true).clear();
    if (policy != null && !pins.pins().isEmpty()) {
      // A pin may keep this from being folded for ever: what has expired goes by itself.
      long expired = policy.expiredAt(now(policy));
      chosen.entrySet().stream()
          .filter(each -> each.getValue().timeNanos() <= expired)
          .mapToLong(Map.Entry::getKey)
          .max()
          .ifPresent(last -> chosen.headMap(last, false).clear());
    }
    for (long border : List.of(candidates.firstKey(), candidates.lastKey())) {
      chosen.put(border, candidates.get(border));
    }
    for (Pins.Pin pin : pins.pins()) {
      Kept.Instant pinned = candidates.get(pin.sequence());
      if (pinned != null) {
        chosen.put(pin.sequence(), pinned);
      }
    }
    return chosen;
  }

  /**
   * Whether what could not be read was tried again for so long that it will not come back. Until
   * then it may, and with it the instants that the policy promises.
   */
  private boolean isLastingDamage() {
    return damagedSinceNanos != NEVER
        && clock.monotonicNanos() - damagedSinceNanos >= PATIENCE_NANOS;
  }

  /**
   * Adds the instants since those that are kept.
   *
   * @param despiteDamage whether to do without what cannot be read
   */
  private void addNew(
      NavigableMap<Long, Kept.Instant> candidates,
      @Nullable Retention policy,
      Pins pins,
      boolean despiteDamage)
      throws IOException {
    long after = candidates.isEmpty() ? 0 : candidates.lastKey();
    if (policy != null && passed.sequence > squeezed.sequence) {
      addSteps(candidates, policy, despiteDamage);
    }
    for (Pins.Pin pin : pins.pins()) {
      if (pin.sequence() > after && pin.sequence() <= passed.sequence) {
        candidates.putIfAbsent(pin.sequence(), new Kept.Instant(pin.timeNanos(), false));
      }
    }
    candidates.putIfAbsent(passed.sequence, new Kept.Instant(passed.timeNanos, false));
  }

  private void addSteps(
      NavigableMap<Long, Kept.Instant> candidates, Retention policy, boolean despiteDamage)
      throws IOException {
    long after = candidates.isEmpty() ? 0 : candidates.lastKey();
    long afterTime =
        candidates.isEmpty() ? Long.MIN_VALUE : candidates.lastEntry().getValue().timeNanos();
    try (History history = History.open(files.storage())) {
      for (long step : policy.steps(afterTime, passed.timeNanos, now(policy))) {
        for (Point last : lastAt(history, step, despiteDamage)) {
          if (last.sequence() > after) {
            candidates.put(last.sequence(), new Kept.Instant(last.timeNanos(), false));
          }
        }
      }
      Marks marks = history.marks();
      for (Marks.Mark mark : marks.all()) {
        long sequence = mark.point().sequence();
        if (sequence > after && sequence <= passed.sequence) {
          candidates.put(sequence, new Kept.Instant(mark.point().timeNanos(), true));
        }
      }
      for (Point past : history.rewoundTo()) {
        // While that was filled in, instants need it; it stays as long as if it had a name.
        if (past.sequence() <= passed.sequence
            && (past.sequence() > after || candidates.containsKey(past.sequence()))) {
          candidates.put(past.sequence(), new Kept.Instant(past.timeNanos(), true));
        }
      }
      DamageException damage = marks.damage();
      if (damage != null && !despiteDamage) {
        throw damage;
      }
    } catch (InternalError e) {
      // What reading a mapped index throws when the volume fails it; it must not end the thread.
      throw new IOException("an index in %s cannot be read any more".formatted(where()), e);
    }
  }

  /** The last change at a full step; where damage hides it, the nearest ones around it. */
  private static List<Point> lastAt(History history, long step, boolean despiteDamage)
      throws IOException {
    try {
      return history.atTime(step).stream().toList();
    } catch (LossException e) {
      if (!despiteDamage || !history.holes().isEmpty()) {
        throw e; // nobody knows what is behind a hole
      }
      List<Point> around = new ArrayList<>();
      for (HistorySegment segment : history.segments()) {
        SegmentIndex index = segment.index();
        Point end = new Point(index.lastSequence(), index.lastTimeNanos());
        if (end.timeNanos() > step) {
          around.add(end);
          break;
        }
        around.clear();
        around.add(end);
      }
      return around;
    }
  }

  /** The last kept instant before which all is as it was. */
  private static long oldestChange(
      NavigableMap<Long, Kept.Instant> before,
      NavigableMap<Long, Kept.Instant> after,
      long baseline) {
    long previous = baseline;
    for (Map.Entry<Long, Kept.Instant> each : after.entrySet()) {
      Long was = before.lowerKey(each.getKey());
      boolean same = before.containsKey(each.getKey()) && (was == null || was == previous);
      if (!same) {
        return previous;
      }
      previous = each.getKey();
    }
    return previous;
  }

  private boolean coalesce(Manifest manifest, boolean urgent, Discarder discarder)
      throws IOException {
    Coalescer pending = coalescer;
    long started = clock.monotonicNanos();
    if (pending == null || (!urgent && started - dueNanos < 0)) {
      return false;
    }
    return switch (pending.step(manifest, random.nextLong(), clock.wallNanos(), discarder)) {
      case PASSED -> true;
      case WAITING -> false;
      case THINNED -> {
        long now = clock.monotonicNanos();
        dueNanos = now + REST * (now - started);
        yield true;
      }
      case DONE -> {
        coalescer = null;
        yield false;
      }
    };
  }
}
