package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.Nexus;
import org.jspecify.annotations.Nullable;

/**
 * Whether an initiator flushes whatever it has changed before it does anything else, as databases
 * and the journals of file systems do: then its change can be brought to stable storage while it is
 * told of it and asks for the flush. Whoever does something else once has to show the habit again.
 * For one thread.
 */
final class FlushHabit {

  /** So many changes in a row that were flushed at once are a habit. */
  static final int FLUSHES = 8;

  private int flushes;
  private @Nullable Nexus changed;

  /**
   * Changes, or a flush, are answered.
   *
   * @param flushed whether there was a flush among it
   */
  void answered(Nexus nexus, boolean flushed) {
    if (!flushed) {
      other();
      changed = nexus;
    } else if (nexus.equals(changed)) {
      flushes = Math.min(flushes + 1, FLUSHES);
      changed = null;
    } else {
      changed = null;
    }
  }

  /** Something else is answered. */
  void other() {
    if (changed != null) {
      changed = null;
      flushes = 0;
    }
  }

  /** Who is likely to ask for a flush next; null when nobody is. */
  @Nullable Nexus expected() {
    return flushes == FLUSHES ? changed : null;
  }
}
