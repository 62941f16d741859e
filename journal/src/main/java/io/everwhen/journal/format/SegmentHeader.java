package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first 4096 bytes of a segment file; entries follow.
 *
 * <pre>
 *  0  magic     8 bytes  "EVERWSEG"
 *  8  version   u32      1; 2 for what is left of a segment after thinning
 * 12  reserved  u32      0
 * 16  group     16 bytes UUID, most significant bits first
 * 32  number    u64      of this segment: previous + 1
 * 40  salt      u64      seeds the checksum of every entry header
 * 48  created   u64      nanoseconds since the epoch
 * 56  version 1: zeros; version 2: {@link Origin}
 * 4092 checksum u32      CRC32C of bytes 0..4091
 * </pre>
 *
 * @param group whose segment this is
 * @param number its place among the group's segments, from 1
 * @param salt a random number, different for every segment
 * @param createdNanos when the file was prepared
 * @param origin of what is left after thinning; null when nothing was
 */
public record SegmentHeader(
    UUID group, long number, long salt, long createdNanos, @Nullable Origin origin) {

  /** Bytes before the first entry. */
  public static final int BYTES = 4096;

  private static final long MAGIC = 0x4745535752455645L;
  private static final int VERSION = 1;
  private static final int THINNED_VERSION = 2;

  /** Of a segment that holds all its entries. */
  public SegmentHeader(UUID group, long number, long salt, long createdNanos) {
    this(group, number, salt, createdNanos, null);
  }

  /** The header as bytes. */
  public ByteBuffer encode() {
    ByteBuffer b = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(0, MAGIC).putInt(8, origin == null ? VERSION : THINNED_VERSION);
    Uuids.put(b, 16, group);
    b.putLong(32, number).putLong(40, salt).putLong(48, createdNanos);
    if (origin != null) {
      origin.encode(b);
    }
    b.putInt(BYTES - 4, checksum(b));
    return b;
  }

  /**
   * Reads a header.
   *
   * @param name of the file, for messages
   */
  public static SegmentHeader decode(ByteBuffer b, String name) throws FormatException {
    if (b.order() != ByteOrder.LITTLE_ENDIAN || b.capacity() < BYTES) {
      throw new IllegalArgumentException("a little-endian buffer of " + BYTES + " bytes is needed");
    }
    if (b.getLong(0) != MAGIC) {
      throw new FormatException(name + " is not a segment: its first bytes are wrong");
    }
    // Before the checksum: a newer version may have another.
    int version = b.getInt(8);
    if (version != VERSION && version != THINNED_VERSION) {
      throw new FormatException(
          name + " is of format version " + version + "; this Everwhen reads versions 1 and 2");
    }
    if (b.getInt(BYTES - 4) != checksum(b)) {
      throw new FormatException(name + " has a damaged header: its checksum does not match");
    }
    return new SegmentHeader(
        Uuids.get(b, 16),
        b.getLong(32),
        b.getLong(40),
        b.getLong(48),
        version == THINNED_VERSION ? Origin.decode(b) : null);
  }

  private static int checksum(ByteBuffer b) {
    CRC32C crc = new CRC32C();
    crc.update(b.duplicate().clear().limit(BYTES - 4));
    return (int) crc.getValue();
  }
}
