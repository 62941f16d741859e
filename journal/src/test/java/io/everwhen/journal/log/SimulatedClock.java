package io.everwhen.journal.log;

/** A clock that runs a little whenever it is read, and steps when it is told to. Any thread. */
public final class SimulatedClock implements Clock {

  private static final long TICK_NANOS = 1_000;

  private long monotonic;
  private long ahead;

  /**
   * A clock.
   *
   * @param wallNanos what it shows first
   */
  public SimulatedClock(long wallNanos) {
    this.ahead = wallNanos;
  }

  @Override
  public synchronized long wallNanos() {
    monotonic += TICK_NANOS;
    return monotonic + ahead;
  }

  @Override
  public synchronized long monotonicNanos() {
    return monotonic;
  }

  /** Lets time pass. */
  public synchronized void advance(long nanos) {
    monotonic += nanos;
  }

  /** Sets the wall clock forward, or back if negative. */
  public synchronized void step(long nanos) {
    ahead += nanos;
  }
}
