package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The payload of a {@link EntryKind#RESIZE} entry: how many bytes the disk has from there on. */
public final class NewSize {

  private NewSize() {}

  /** The payload, in a buffer of its own. */
  public static ByteBuffer encode(long sizeBytes) {
    return ByteBuffer.allocateDirect(Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(0, sizeBytes);
  }

  /**
   * The size that an entry gives to its disk.
   *
   * @throws FormatException when the entry does not say what it should
   */
  public static long of(EntryHeader entry, ByteBuffer payload) throws FormatException {
    boolean right = entry.kind() == EntryKind.RESIZE && payload.remaining() == Long.BYTES;
    long size =
        right ? payload.duplicate().order(ByteOrder.LITTLE_ENDIAN).getLong(payload.position()) : 0;
    if (size <= 0 || (size != entry.offset() && size != entry.end())) {
      throw new FormatException("entry " + entry.sequence() + " does not give a disk its size");
    }
    return size;
  }
}
