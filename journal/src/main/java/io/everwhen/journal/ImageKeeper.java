package io.everwhen.journal;

import io.everwhen.journal.image.Applier;
import io.everwhen.journal.image.LiveDisks;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.Journal;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Brings the images up to date with the journal, step by step, and makes room in the {@link
 * Backlog}. One thread at a time, except for {@link #appliedSequence}.
 */
final class ImageKeeper {

  /** Something that is done between two steps. */
  @FunctionalInterface
  interface Between {
    void steps() throws IOException;
  }

  private final Journal journal;
  private final LiveDisks disks;
  private final Applier applier;
  private final Backlog backlog;
  private final Ending ending;
  private final Clock clock;
  private final long intervalNanos;

  private long dueNanos;
  private volatile long appliedSequence;

  /**
   * @param interval how long a change waits at most before it is applied
   */
  ImageKeeper(
      Journal journal,
      LiveDisks disks,
      Backlog backlog,
      Ending ending,
      Clock clock,
      Duration interval) {
    this.journal = journal;
    this.disks = disks;
    this.applier = disks.applier(journal);
    this.backlog = backlog;
    this.ending = ending;
    this.clock = clock;
    this.intervalNanos = interval.toNanos();
    this.dueNanos = clock.monotonicNanos();
    this.appliedSequence = disks.oldestCheckpoint();
  }

  /** Every entry up to this one is in every image. */
  long appliedSequence() {
    return appliedSequence;
  }

  /**
   * Whether it is time to apply.
   *
   * @param bytes of the journal that need not wait for that
   */
  boolean isDue(long bytes) {
    return backlog.bytes() >= bytes || clock.monotonicNanos() - dueNanos >= 0;
  }

  /** Brings the images up to date, or gives up when that is late; whether it did anything. */
  boolean apply() throws IOException {
    return apply(Integer.MAX_VALUE, () -> false, () -> {});
  }

  /**
   * Does the same in part.
   *
   * @param stepsMax after so many steps the rest waits
   * @param enough whether the rest may wait
   */
  boolean apply(int stepsMax, BooleanSupplier enough, Between between) throws IOException {
    dueNanos = clock.monotonicNanos() + intervalNanos;
    if (backlog.bytes() == 0 && appliedSequence == journal.writtenSequence()) {
      return false;
    }
    long end = backlog.position();
    int steps = 0;
    do {
      Backlog.Step step = backlog.next(end);
      if (!applier.apply(step.sequence(), ending::late)) {
        return false;
      }
      appliedSequence = disks.oldestCheckpoint();
      backlog.appliedUpTo(step.position());
      journal.closeUpTo(appliedSequence);
      between.steps();
      steps++;
    } while (!backlog.isAppliedUpTo(end) && steps < stepsMax && !enough.getAsBoolean());
    if (!backlog.isAppliedUpTo(end)) {
      dueNanos = clock.monotonicNanos();
    }
    return true;
  }
}
