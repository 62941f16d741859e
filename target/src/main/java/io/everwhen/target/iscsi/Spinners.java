package io.everwhen.target.iscsi;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many threads spin, so that there are always processors left for those who have work. One for
 * all connections; any thread.
 */
final class Spinners {

  private final int most;
  private final AtomicInteger spinning = new AtomicInteger();

  /**
   * @param processors of the machine; with one alone nobody spins
   */
  Spinners(int processors) {
    this.most = processors / 2;
  }

  /** Whether the caller may spin, and has to {@link #leave} then. */
  boolean enter() {
    if (spinning.get() >= most) {
      return false;
    }
    if (spinning.incrementAndGet() > most) {
      spinning.decrementAndGet();
      return false;
    }
    return true;
  }

  void leave() {
    spinning.decrementAndGet();
  }
}
