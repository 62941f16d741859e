package io.everwhen.journal;

import io.everwhen.journal.log.Clock;
import java.util.concurrent.TimeUnit;

/**
 * The end of a group: once it is asked for, what the next opening does as well is only gone on with
 * for a while. Any thread.
 */
final class Ending {

  /** How long what could be left to the next opening is still done. */
  static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Clock clock;
  private volatile boolean begun;
  private volatile long lateFromNanos;

  Ending(Clock clock) {
    this.clock = clock;
  }

  /** The group is to be closed; asking again changes nothing. */
  void begin() {
    if (!begun) {
      lateFromNanos = clock.monotonicNanos() + PATIENCE_NANOS;
      begun = true;
    }
  }

  /** Whether it is to be closed: nothing new is begun that can be left to the next opening. */
  boolean begun() {
    return begun;
  }

  /** Whether also what was begun is to be left to the next opening. */
  boolean late() {
    return begun && clock.monotonicNanos() - lateFromNanos >= 0;
  }
}
