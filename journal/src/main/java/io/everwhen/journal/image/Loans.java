package io.everwhen.journal.image;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Who reads an image where it lies, so that it is not changed under them. Any thread begins and
 * ends a reading; it makes sure in between that what it reads is not about to be changed by anybody
 * who has called {@link #awaitEnds} already.
 */
final class Loans {

  /**
   * A reading that takes longer waits for a peer that takes nothing; nobody waits for that, or not
   * much longer.
   */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  private static final long LAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** Readings that have begun between two calls of {@link #awaitEnds}. */
  static final class Round {
    private final AtomicInteger underWay = new AtomicInteger();

    private Round() {}

    /** One of them has ended. */
    void end() {
      underWay.decrementAndGet();
    }
  }

  private volatile Round current = new Round();

  /** Begins a reading, which is to be ended in the round that this returns. */
  Round begin() {
    while (true) {
      Round round = current;
      round.underWay.incrementAndGet();
      if (round == current) {
        return round;
      }
      round.end(); // somebody may have looked before
    }
  }

  /** Returns when the readings that have begun so far have ended, or after a second. */
  synchronized void awaitEnds() {
    Round before = current;
    current = new Round();
    long pause = FIRST_PAUSE_NANOS;
    for (long waited = 0; before.underWay.get() > 0 && waited < PATIENCE_NANOS; waited += pause) {
      pause = Math.min(LAST_PAUSE_NANOS, 2 * pause);
      LockSupport.parkNanos(pause);
    }
  }
}
