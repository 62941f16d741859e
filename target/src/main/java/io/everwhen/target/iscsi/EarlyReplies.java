package io.everwhen.target.iscsi;

import java.io.IOException;

/**
 * Whether a burst is answered in parts. An initiator that keeps many changes under way sends more
 * for each that is answered; so while the rest of its burst is carried out it has something to do,
 * instead of waiting with everything for the end. One that waits for all of its answers, to flush
 * perhaps, gains nothing by it and pays for being woken twice: so whether more came is seen each
 * time, and the next bursts are answered whole if nothing did. For one thread.
 */
final class EarlyReplies {

  /** So many changes are worth a settle of their own. */
  static final int CHANGES = 16;

  /** How many bursts are answered whole before it is tried again. */
  static final int REST_BURSTS = 64;

  private boolean early;
  private int rest;

  /**
   * Whether what waits for its answer is to be answered now, with more of the burst to come.
   *
   * @param changes that have been carried out and are not settled
   */
  boolean areDue(int changes) {
    if (changes < CHANGES || rest > 0) {
      return false;
    }
    early = true;
    return true;
  }

  /**
   * A burst has ended, and was answered wholly.
   *
   * @param arrived tells whether the initiator has sent more by now
   */
  void burstEnded(BusyWait.Arrived arrived) throws IOException {
    if (early) {
      early = false;
      rest = arrived.bytes() > 0 ? 0 : REST_BURSTS;
    } else if (rest > 0) {
      rest--;
    }
  }
}
