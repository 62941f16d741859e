package io.everwhen.target.iscsi;

/** Time that only goes forward, for timeouts. The one place of this module that reads a clock. */
@FunctionalInterface
interface MonotonicClock {

  MonotonicClock SYSTEM = System::nanoTime;

  /** Nanoseconds since some instant; only differences mean anything. */
  long nanos();
}
