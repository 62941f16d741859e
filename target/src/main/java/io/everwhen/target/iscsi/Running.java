package io.everwhen.target.iscsi;

import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a connection carries out right now, for those who have to wait until it has ended. Changed
 * only by who has the connection's turn; any thread may look.
 */
final class Running {

  private static final int IDLE = 0;
  private static final int CHANGES = 1;
  private static final int SENDS = 2;
  private static final int KIND = 3;

  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  /** A kind, and above it a number that differs from command to command. */
  private volatile long state;

  /**
   * A command begins. What is looked at after this, to find out whether it may still be carried
   * out, is seen as it was left by everyone who does not wait for it.
   *
   * @param changes whether it changes a disk, and so does not wait for the peer to take any data
   */
  void begin(boolean changes) {
    long before = state;
    state = (before & ~KIND) + KIND + 1 | (changes ? CHANGES : SENDS);
  }

  /** It has ended. */
  void end() {
    long before = state;
    state = before & ~KIND;
  }

  private boolean blocks(long seen, boolean all) {
    long kind = seen & KIND;
    return kind != IDLE && (all || kind == CHANGES) && state == seen;
  }

  /**
   * Waits until every command that changes a disk now has ended, however long the disk takes.
   *
   * @param all whether commands that change nothing are waited for as well. If one takes longer
   *     than {@link Limits#RUNNING_MILLIS_MAX}, most likely because its peer takes no data, its
   *     connection is ended
   */
  static void awaitEnds(Collection<Connection> connections, boolean all) {
    for (Connection connection : connections) {
      Running running = connection.running();
      long seen = running.state;
      long patience = TimeUnit.MILLISECONDS.toNanos(Limits.RUNNING_MILLIS_MAX);
      while (running.blocks(seen, all)) {
        LockSupport.parkNanos(LOOK_NANOS);
        patience -= LOOK_NANOS;
        if (patience < 0 && (seen & KIND) == SENDS) {
          connection.close("its command is in the way of others");
        }
      }
    }
  }
}
