package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Up to which entry a disk's image is complete on stable storage.
 *
 * <p>The file has two slots of 4096 bytes, written in turn, so that a torn write leaves the other
 * one. In each slot:
 *
 * <pre>
 *  0  magic     8 bytes  "EVERWCHK"
 *  8  version   u32      1
 * 12  disk      u32      number within the group
 * 16  group     16 bytes UUID
 * 32  turn      u64      the slot with the higher turn counts; slot = turn mod 2
 * 40  sequence  u64      every entry up to this one is in the image
 * 48  checksum  u32      CRC32C of bytes 0..47
 * </pre>
 */
public record Checkpoint(UUID group, int disk, long turn, long sequence) {

  /** Bytes of a slot. */
  public static final int SLOT_BYTES = 4096;

  /** Bytes of the file. */
  public static final int FILE_BYTES = 2 * SLOT_BYTES;

  private static final long MAGIC = 0x4B48435752455645L;
  private static final int VERSION = 1;
  private static final int USED_BYTES = 52;

  /** What follows this one. */
  public Checkpoint next(long upTo) {
    return new Checkpoint(group, disk, turn + 1, upTo);
  }

  /** Where in the file it belongs. */
  public long position() {
    return (turn & 1) * SLOT_BYTES;
  }

  /** The used part of a slot. */
  public ByteBuffer encode() {
    ByteBuffer b = ByteBuffer.allocate(USED_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(0, MAGIC).putInt(8, VERSION).putInt(12, disk);
    Uuids.put(b, 16, group);
    b.putLong(32, turn).putLong(40, sequence);
    b.putInt(48, checksum(b, 0));
    return b;
  }

  /** The newer valid slot of a whole file; {@link FormatException} when there is none. */
  public static Checkpoint decode(ByteBuffer file, String name) throws FormatException {
    ByteBuffer b = file.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    Checkpoint newest = null;
    for (int at = 0; at + USED_BYTES <= b.limit(); at += SLOT_BYTES) {
      Checkpoint slot = slot(b, at);
      if (slot != null && (newest == null || slot.turn > newest.turn)) {
        newest = slot;
      }
    }
    if (newest == null) {
      throw new FormatException(name + " is damaged: neither of its two slots is valid");
    }
    return newest;
  }

  private static @Nullable Checkpoint slot(ByteBuffer b, int at) {
    if (b.getLong(at) != MAGIC
        || b.getInt(at + 8) != VERSION
        || b.getInt(at + 48) != checksum(b, at)) {
      return null;
    }
    return new Checkpoint(
        Uuids.get(b, at + 16), b.getInt(at + 12), b.getLong(at + 32), b.getLong(at + 40));
  }

  private static int checksum(ByteBuffer b, int at) {
    CRC32C crc = new CRC32C();
    crc.update(b.duplicate().limit(at + 48).position(at));
    return (int) crc.getValue();
  }
}
