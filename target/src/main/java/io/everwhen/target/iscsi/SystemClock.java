package io.everwhen.target.iscsi;

/** The machine's clock. The one class of this module that reads it. */
final class SystemClock implements MonotonicClock {

  @Override
  public long nanos() {
    return System.nanoTime();
  }
}
