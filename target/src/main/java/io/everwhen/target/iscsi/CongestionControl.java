package io.everwhen.target.iscsi;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** By what the system decides how fast it sends to an initiator, tcp(7). */
public enum CongestionControl {

  /**
   * What the system has as its default, unless that sends at a pace, as BBR does, and the initiator
   * is near. Then it is Reno: a pace is for lines that something else may be on, and takes a timer
   * for every few pieces.
   */
  AUTO,

  /** What the system has as its default. */
  SYSTEM;

  private static final Logger log = LoggerFactory.getLogger(CongestionControl.class);

  /** Every Linux has it, and lets everybody use it. */
  private static final String UNPACED = "reno";

  /** BBR, whatever its version. */
  private static final String PACED = "bbr";

  /** Within a site. */
  private static final int NEAR_MICROS_MAX = 2000;

  /**
   * Has it decide so for a connection from now on. Where it will not have it so, all stays as it
   * is.
   */
  void apply(SocketChannel connected) throws IOException {
    if (this == SYSTEM) {
      return;
    }
    TcpSocket socket = TcpSocket.of(connected).orElse(null);
    if (socket == null) {
      return;
    }
    String better = instead(socket.congestionControl(), socket.roundTripMicros()).orElse(null);
    if (better != null && !socket.congestionControl(better)) {
      log.debug("{} stays as it is: {} is not to be had", connected, better);
    }
  }

  /** What is better than what the system has; empty for nothing. */
  static Optional<String> instead(Optional<String> ofSystem, Optional<Integer> roundTripMicros) {
    boolean paced = ofSystem.filter(name -> name.startsWith(PACED)).isPresent();
    boolean near = roundTripMicros.filter(micros -> micros <= NEAR_MICROS_MAX).isPresent();
    return paced && near ? Optional.of(UNPACED) : Optional.empty();
  }
}
