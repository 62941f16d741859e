package io.everwhen.target.iscsi;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** A target while it is served. */
final class ServedTarget {

  private final String name;
  private final Counters counters = new Counters();
  private volatile Target current;
  private volatile boolean removed;

  ServedTarget(Target target) {
    this.name = target.name();
    this.current = target;
  }

  String name() {
    return name;
  }

  /** Other rules count from now on. */
  void become(Target target) {
    current = target;
  }

  /** The rule that counts for an initiator that says this name and comes from there, or null. */
  @Nullable AccessRule rule(String initiator, InetAddress from) {
    return current.rule(initiator, from);
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
