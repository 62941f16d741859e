package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The payload of an {@link EntryKind#UNRECORDED} and of its {@link EntryKind#RECORDED}: two times 8
 * bytes, little-endian.
 *
 * @param after the last entry before changes were not recorded; at it, all disks were as recorded
 * @param sinceNanos when that was, by the wall clock
 */
public record Unrecorded(long after, long sinceNanos) {

  private static final int BYTES = 2 * Long.BYTES;

  /** The payload, in a buffer of its own. */
  public ByteBuffer encode() {
    return ByteBuffer.allocateDirect(BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(0, after)
        .putLong(Long.BYTES, sinceNanos);
  }

  /**
   * What an entry says.
   *
   * @throws FormatException when it does not say what it should
   */
  public static Unrecorded of(EntryHeader entry, ByteBuffer payload) throws FormatException {
    if (entry.kind().ofGap() && payload.remaining() == BYTES) {
      ByteBuffer b = payload.slice().order(ByteOrder.LITTLE_ENDIAN);
      Unrecorded found = new Unrecorded(b.getLong(0), b.getLong(Long.BYTES));
      if (found.after >= 0 && found.after < entry.sequence()) {
        return found;
      }
    }
    throw new FormatException("entry " + entry.sequence() + " does not say what is missing");
  }
}
