package io.everwhen.target.iscsi;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * What becomes of the connections of a portal, in the log, so that nobody can flood it: each
 * address gets {@link Limits#LOGGED_LINES_MAX} lines and then one per {@link
 * Limits#LOGGED_LINE_SECONDS}; the others become details, and how many they were is told. Any
 * thread may call it.
 */
final class PeerLog {

  private final LoginFailures given;
  private final Map<InetAddress, Integer> leftOut = new LinkedHashMap<>();

  PeerLog(MonotonicClock clock) {
    this.given = new LoginFailures(clock, Limits.LOGGED_LINES_MAX, Limits.LOGGED_LINE_SECONDS);
  }

  /** Logs a line, or counts it. */
  void note(Logger log, Level level, InetSocketAddress peer, String what) {
    Level admitted = admit(peer.getAddress()) ? level : Level.DEBUG;
    log.atLevel(admitted).log("{}: {}", peer, what);
  }

  private synchronized boolean admit(InetAddress address) {
    if (!given.blocked(address)) {
      given.failed(address);
      return true;
    }
    if (leftOut.size() < Limits.FAILED_ADDRESSES_MAX || leftOut.containsKey(address)) {
      leftOut.merge(address, 1, Integer::sum);
    }
    return false;
  }

  /** Tells how many lines were left out of addresses that may have a line again: it counts. */
  void summarise(Logger log) {
    for (InetAddress address : addressesLeftOut()) {
      int count = take(address);
      if (count > 0) {
        log.info("{}: {} more lines were left out", address, count);
      }
    }
  }

  private synchronized List<InetAddress> addressesLeftOut() {
    return List.copyOf(leftOut.keySet());
  }

  private synchronized int take(InetAddress address) {
    if (given.blocked(address)) {
      return 0;
    }
    Integer count = leftOut.remove(address);
    if (count == null) {
      return 0;
    }
    given.failed(address);
    return count;
  }
}
