package io.everwhen.journal.log;

/**
 * A clock that runs a little whenever its wall time is read, or stands still between the calls that
 * let time pass, and steps when it is told to. Any thread.
 */
public final class SimulatedClock implements Clock {

  private static final long TICK_NANOS = 1_000;

  private final long tickNanos;
  private long monotonic;
  private long ahead;
  private boolean restless;

  /**
   * A clock.
   *
   * @param wallNanos what it shows first
   */
  public SimulatedClock(long wallNanos) {
    this(wallNanos, TICK_NANOS);
  }

  /**
   * A clock.
   *
   * @param tickNanos how far it runs whenever it is read; 0 for one that stands still
   */
  public SimulatedClock(long wallNanos, long tickNanos) {
    this.ahead = wallNanos;
    this.tickNanos = tickNanos;
  }

  /** Another that shows the same, and goes its own way from here. */
  public synchronized SimulatedClock copy() {
    return new SimulatedClock(monotonic + ahead, tickNanos);
  }

  @Override
  public synchronized long wallNanos() {
    monotonic += tickNanos;
    return monotonic + ahead;
  }

  @Override
  public synchronized long monotonicNanos() {
    monotonic += restless ? TICK_NANOS : 0;
    return monotonic;
  }

  /** Lets time pass also whenever the monotonic time is asked for, from now on. */
  public synchronized void restless() {
    restless = true;
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
