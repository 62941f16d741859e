package io.everwhen.journal.log;

/**
 * The time. Handed in wherever it is needed; {@link SystemClock} is the only class that asks the
 * machine.
 */
public interface Clock {

  /** Nanoseconds since the epoch, UTC. May step either way. */
  long wallNanos();

  /** Nanoseconds from an arbitrary point; never goes back. */
  long monotonicNanos();
}
