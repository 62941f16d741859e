package io.everwhen.target.scsi;

import java.util.HashSet;
import java.util.Set;

/**
 * The medium of a removable unit: whether it is loaded, and who prevents its removal. SPC-4 section
 * 6.17, SBC-3 section 5.25. Any thread may call it.
 */
final class Medium {

  private final Set<Nexus> preventers = new HashSet<>();
  private volatile boolean ejected;

  boolean ejected() {
    return ejected;
  }

  /** Ejects it; returns false if its removal is prevented. */
  synchronized boolean eject() {
    ejected |= preventers.isEmpty();
    return ejected;
  }

  /** Loads it; returns false if it is not there and moving it is prevented. */
  synchronized boolean load() {
    ejected &= !preventers.isEmpty();
    return !ejected;
  }

  synchronized void prevent(Nexus nexus) {
    preventers.add(nexus);
  }

  /** The nexus allows removal again, or is gone. */
  synchronized void allow(Nexus nexus) {
    preventers.remove(nexus);
  }

  /** The unit was reset: everybody allows removal. */
  synchronized void reset() {
    preventers.clear();
  }
}
