package io.everwhen.target.scsi;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The relation of one initiator port with the logical units, SAM-5 section 4.7: what it still has
 * to be told. Any thread may raise a unit attention; the nexus's own thread takes it.
 */
public final class Nexus {

  /** Conditions that wait; more of them say nothing new. */
  private static final int CONDITIONS_MAX = 8;

  private final ArrayDeque<Sense> conditions = new ArrayDeque<>();
  private volatile boolean waiting;

  private final String port;

  Nexus(String port) {
    this.port = port;
  }

  /** The initiator port's name: for iSCSI, initiator name and ISID; SPC-4 section 7.6.4.6. */
  String port() {
    return port;
  }

  /**
   * Raises a unit attention condition, SAM-5 section 5.14; one that waits already is not repeated.
   */
  synchronized void raise(Sense condition) {
    if (!conditions.contains(condition) && conditions.size() < CONDITIONS_MAX) {
      conditions.addLast(condition);
      waiting = true;
    }
  }

  /** Takes the oldest condition, if there is any. */
  @Nullable Sense take() {
    return waiting ? takeOldest() : null;
  }

  private synchronized @Nullable Sense takeOldest() {
    Sense oldest = conditions.pollFirst();
    waiting = !conditions.isEmpty();
    return oldest;
  }
}
