package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.LogicalUnits;
import java.util.concurrent.atomic.AtomicInteger;

/** A target while it is served. */
final class ServedTarget {

  private final Target target;
  private final LogicalUnits units;
  private final Counters counters = new Counters();
  private final AtomicInteger resets = new AtomicInteger();
  private volatile boolean removed;

  ServedTarget(Target target) {
    this.target = target;
    this.units = new LogicalUnits(target.disk(), target.identity());
  }

  String name() {
    return target.name();
  }

  Access access() {
    return target.access();
  }

  LogicalUnits units() {
    return units;
  }

  Counters counters() {
    return counters;
  }

  /** Whether no new session may begin. */
  boolean removed() {
    return removed;
  }

  void remove() {
    removed = true;
  }

  /**
   * How often every task of every session was aborted; a session that sees a new number drops its
   * own.
   */
  int resets() {
    return resets.get();
  }

  int reset() {
    return resets.incrementAndGet();
  }
}
