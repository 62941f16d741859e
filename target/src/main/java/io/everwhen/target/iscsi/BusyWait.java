package io.everwhen.target.iscsi;

import java.io.IOException;

/**
 * Waits for a peer without going to sleep, while that is likely to be short: to be woken takes
 * longer than what a peer that has one command at a time needs to send the next.
 *
 * <p>It learns from how long the peer took last, so an idle connection does not spin; it gives the
 * processor to whoever wants it, and does not spin for a while when somebody did. Nor does it after
 * a command that took long, such as a flush: the peer's processor sleeps by then, and the system
 * wakes the peer sooner on ours, where it finds what it gets in the cache, if we sleep as well. For
 * one thread.
 */
final class BusyWait {

  /** How long it spins at most. */
  private static final long SPIN_NANOS_MAX = 100_000;

  /** A peer that took this long, a wake-up of ours included, may be met by spinning. */
  private static final long SHORT_NANOS_MAX = 150_000;

  /** A turn of the loop that took this long has given the processor to somebody else. */
  private static final long TAKEN_NANOS_MIN = 20_000;

  /** How long it does not spin after that; twice as long each time it happens again. */
  private static final long BUSY_NANOS = 100_000;

  private static final int BUSY_DOUBLINGS_MAX = 7;

  /** Who has not asked for so long was waiting for something other than the peer. */
  private static final long SERVED_LONG_NANOS_MIN = 100_000;

  /** How long it does not spin after that. */
  private static final long SERVED_LONG_REST_NANOS = 500_000;

  /** Tells how much there is to be read; 0 when there is nothing, or the peer has closed. */
  @FunctionalInterface
  interface Arrived {
    int bytes() throws IOException;
  }

  private final Arrived arrived;
  private final Spinners spinners;
  private final CpuLatency latency;
  private final MonotonicClock clock;
  private boolean wasShort;
  private int doublings;
  private long notBeforeNanos;
  private long tookAtNanos;

  BusyWait(Arrived arrived, Spinners spinners, CpuLatency latency, MonotonicClock clock) {
    this.arrived = arrived;
    this.spinners = spinners;
    this.latency = latency;
    this.clock = clock;
    this.notBeforeNanos = clock.nanos();
    this.tookAtNanos = notBeforeNanos;
  }

  /**
   * Returns when there is something to be read, or when it is not worth spinning any longer.
   *
   * @param now the time
   */
  void await(long now) throws IOException {
    if (now - tookAtNanos >= SERVED_LONG_NANOS_MIN) {
      rest(now + SERVED_LONG_REST_NANOS);
    } else if (wasShort && now - notBeforeNanos >= 0 && spinners.enter()) {
      try {
        spin(now);
      } finally {
        spinners.leave();
      }
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // yields to whoever wants the processor, and sees it
  private void spin(long start) throws IOException {
    long before = start;
    while (arrived.bytes() == 0) {
      Thread.yield();
      long now = clock.nanos();
      if (now - before > TAKEN_NANOS_MIN) {
        rest(now + (BUSY_NANOS << doublings));
        doublings = Math.min(doublings + 1, BUSY_DOUBLINGS_MAX);
        return;
      }
      if (now - start > SPIN_NANOS_MAX) {
        return;
      }
      before = now;
    }
    doublings = Math.max(doublings - 1, 0);
  }

  private void rest(long untilNanos) {
    if (untilNanos - notBeforeNanos > 0) {
      notBeforeNanos = untilNanos;
    }
  }

  /**
   * Something was read.
   *
   * @param start when that was begun, spinning included
   * @param now the time
   */
  void took(long start, long now) {
    wasShort = now - start <= SHORT_NANOS_MAX;
    tookAtNanos = now;
    if (wasShort) {
      latency.asked(now);
    }
  }

  /**
   * Something was read without this, as it was not expected soon; so what was served since the last
   * {@link #took} was not one command.
   *
   * @param now the time
   */
  void passed(long now) {
    tookAtNanos = now;
  }
}
