package io.everwhen.journal.log;

/**
 * Stamps entries: strictly increasing, as close to the wall clock as that allows.
 *
 * <p>When the wall clock is behind the last stamp, stamps go on by one nanosecond each until it has
 * caught up. A step of the wall clock against the monotonic clock, either way, is noticed once, so
 * that it can be put on the timeline; so is a wall clock that was set back between the last stamp
 * and the making of this, while nobody looked. Not safe for use by several threads.
 */
final class Timeline {

  /** A difference between the two clocks that counts as a step of the wall clock. */
  static final long STEP_NANOS = 1_000_000_000L;

  private final Clock clock;
  private long lastStamp;
  private long lastWall;
  private long lastMonotonic;
  private boolean setBackBefore;

  Timeline(Clock clock, long lastStamp) {
    this.clock = clock;
    this.lastStamp = lastStamp;
    this.lastWall = clock.wallNanos();
    this.lastMonotonic = clock.monotonicNanos();
    this.setBackBefore = lastStamp - lastWall > STEP_NANOS;
  }

  /** Reads the clocks; true when the wall clock has stepped since the last call. */
  boolean tick() {
    long wall = clock.wallNanos();
    long monotonic = clock.monotonicNanos();
    boolean stepped =
        setBackBefore || Math.abs((wall - lastWall) - (monotonic - lastMonotonic)) > STEP_NANOS;
    setBackBefore = false;
    lastWall = wall;
    lastMonotonic = monotonic;
    return stepped;
  }

  /** What the wall clock showed at the last {@link #tick}. */
  long wallNanos() {
    return lastWall;
  }

  /** How far the wall clock is behind the last stamp now; 0 when that is less than a step. */
  long behindNanos() {
    long behind = lastStamp - clock.wallNanos();
    return behind > STEP_NANOS ? behind : 0;
  }

  /** The stamp of the next entry. */
  long next() {
    lastStamp = Math.max(lastWall, lastStamp + 1);
    return lastStamp;
  }
}
