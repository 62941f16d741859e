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
 *  8  version   u32      2
 * 12  disk      u32      number within the group
 * 16  group     16 bytes UUID
 * 32  turn      u64      the slot with the higher turn counts; slot = turn mod 2
 * 40  sequence  u64      every entry up to this one is in the image
 * 48  size      u64      bytes of the disk after that entry
 * 56  checksum  u32      CRC32C of bytes 0..55
 * </pre>
 *
 * <p>Version 1 has no size, and the checksum in its place: it was written while disks could not be
 * resized.
 *
 * @param sizeBytes of the disk after that entry; {@link #SIZE_NOT_SAID} in version 1
 */
public record Checkpoint(UUID group, int disk, long turn, long sequence, long sizeBytes) {

  /** The size in a checkpoint of version 1: the one in the manifest. */
  public static final long SIZE_NOT_SAID = 0;

  /** Bytes of a slot. */
  public static final int SLOT_BYTES = 4096;

  /** Bytes of the file. */
  public static final int FILE_BYTES = 2 * SLOT_BYTES;

  private static final long MAGIC = 0x4B48435752455645L;
  private static final int VERSION = 2;
  private static final int SUMMED_BYTES = 56;
  private static final int SUMMED_BYTES_IN_VERSION_1 = 48;

  /** Bytes of a slot that hold something. */
  public static final int USED_BYTES = SUMMED_BYTES + Integer.BYTES;

  /** What follows this one. */
  public Checkpoint next(long upTo, long bytes) {
    return new Checkpoint(group, disk, turn + 1, upTo, bytes);
  }

  /** The same with a size. */
  public Checkpoint withSize(long bytes) {
    return new Checkpoint(group, disk, turn, sequence, bytes);
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
    b.putLong(32, turn).putLong(40, sequence).putLong(48, sizeBytes);
    b.putInt(SUMMED_BYTES, checksum(b, 0, SUMMED_BYTES));
    return b;
  }

  /** The newer valid slot of a whole file; {@link FormatException} when there is none. */
  public static Checkpoint decode(ByteBuffer file, String name) throws FormatException {
    ByteBuffer b = file.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    Checkpoint newest = null;
    int newestVersion = 0;
    for (int at = 0; at + USED_BYTES <= b.limit(); at += SLOT_BYTES) {
      Checkpoint slot = slot(b, at);
      newestVersion = Math.max(newestVersion, b.getLong(at) == MAGIC ? b.getInt(at + 8) : 0);
      if (slot != null && (newest == null || slot.turn > newest.turn)) {
        newest = slot;
      }
    }
    if (newest == null) {
      throw new FormatException(
          newestVersion > VERSION
              ? "%s is of format version %d; this Everwhen reads up to version %d"
                  .formatted(name, newestVersion, VERSION)
              : name + " is damaged: neither of its two slots is valid");
    }
    return newest;
  }

  private static @Nullable Checkpoint slot(ByteBuffer b, int at) {
    int version = b.getInt(at + 8);
    int summed = version == 1 ? SUMMED_BYTES_IN_VERSION_1 : SUMMED_BYTES;
    if (b.getLong(at) != MAGIC
        || version < 1
        || version > VERSION
        || b.getInt(at + summed) != checksum(b, at, summed)) {
      return null;
    }
    return new Checkpoint(
        Uuids.get(b, at + 16),
        b.getInt(at + 12),
        b.getLong(at + 32),
        b.getLong(at + 40),
        version == 1 ? SIZE_NOT_SAID : b.getLong(at + 48));
  }

  private static int checksum(ByteBuffer b, int at, int summed) {
    CRC32C crc = new CRC32C();
    crc.update(b.duplicate().limit(at + summed).position(at));
    return (int) crc.getValue();
  }
}
