package io.everwhen.target.iscsi;

/** Time that only goes forward, for timeouts. {@link SystemClock} is the real one. */
@FunctionalInterface
interface MonotonicClock {

  /** Nanoseconds since some instant; only differences mean anything. */
  long nanos();
}
