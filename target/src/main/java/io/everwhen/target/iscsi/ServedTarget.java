package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.LogicalUnit;
import io.everwhen.target.scsi.LunMap;

/** A target while it is served. */
final class ServedTarget {

  private final Target target;
  private final LunMap luns;
  private final Counters counters = new Counters();
  private volatile boolean removed;

  ServedTarget(Target target) {
    this.target = target;
    this.luns = LunMap.of(new LogicalUnit(target.disk(), target.identity()));
  }

  String name() {
    return target.name();
  }

  Access access() {
    return target.access();
  }

  /** What its initiators see. */
  LunMap luns() {
    return luns;
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
}
