package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The payload of an entry that refers to an earlier one: 8 bytes, its sequence, little-endian.
 *
 * <p>That of a {@link EntryKind#REWIND} is the entry after which the disk was as it is again now;
 * that of a {@link EntryKind#REWOUND} is the first REWIND that is filled in now.
 */
public final class EntryReference {

  private EntryReference() {}

  /** The payload, in a buffer of its own. */
  public static ByteBuffer encode(long sequence) {
    return ByteBuffer.allocateDirect(Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(0, sequence);
  }

  /**
   * The sequence that an entry refers to.
   *
   * @throws FormatException when the entry does not say what it should
   */
  public static long of(EntryHeader entry, ByteBuffer payload) throws FormatException {
    boolean right = entry.kind().refers() && payload.remaining() == Long.BYTES;
    long sequence =
        right ? payload.duplicate().order(ByteOrder.LITTLE_ENDIAN).getLong(payload.position()) : -1;
    if (sequence < 0 || sequence >= entry.sequence()) {
      throw new FormatException("entry " + entry.sequence() + " does not say what it refers to");
    }
    return sequence;
  }
}
