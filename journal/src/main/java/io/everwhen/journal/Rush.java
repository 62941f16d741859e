package io.everwhen.journal;

/**
 * Whether changes come so fast that what can wait should leave them the machine. What goes on for
 * long is no rush: then what waits has to be done beside it. Any thread.
 */
final class Rush {

  /** Changes that come more slowly are not slowed down by what is done beside them. */
  static final long BYTES_PER_SECOND_MIN = 8 << 20;

  /** How long nothing of the kind must have been seen before it is over. */
  static final long CALM_NANOS = 300_000_000;

  /** How long it lasts at most; the next one begins after a calm. */
  static final long LASTS_NANOS_MAX = 10_000_000_000L;

  private static final long LOOK_NANOS = 50_000_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  // Guarded by this.
  private long seenBytes;
  private long seenNanos;
  private long beganNanos;
  private long lastFastNanos;
  private boolean fast;

  /**
   * @param nowNanos on a clock that only goes forward
   */
  Rush(long nowNanos) {
    seenNanos = nowNanos;
  }

  /**
   * Whether it goes on; to be asked now and then.
   *
   * @param bytes everything that was ever changed
   */
  synchronized boolean goesOn(long bytes, long nowNanos) {
    long nanos = nowNanos - seenNanos;
    if (nanos >= LOOK_NANOS) {
      double perSecond = (double) (bytes - seenBytes) * NANOS_PER_SECOND / nanos;
      seenBytes = bytes;
      seenNanos = nowNanos;
      if (perSecond >= BYTES_PER_SECOND_MIN) {
        if (!fast) {
          fast = true;
          beganNanos = nowNanos;
        }
        lastFastNanos = nowNanos;
      } else if (nowNanos - lastFastNanos >= CALM_NANOS) {
        fast = false;
      }
    }
    return fast && nowNanos - beganNanos < LASTS_NANOS_MAX;
  }

  /** Whether changes come fast, for however long; as it was when that was asked. */
  synchronized boolean isFast() {
    return fast;
  }
}
