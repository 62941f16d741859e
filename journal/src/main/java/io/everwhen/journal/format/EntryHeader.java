package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The 64 bytes in front of every entry's payload.
 *
 * <pre>
 *  0  magic             u32   "EVE1"
 *  4  checksum          u32   CRC32C of the segment's salt and bytes 8..63
 *  8  sequence          u64   previous entry's + 1
 * 16  time              u64   nanoseconds since the epoch, greater than the previous entry's
 * 24  offset            u64   of the extent on its disk, bytes
 * 32  length            u64   of the extent, bytes
 * 40  payload length    u32   bytes
 * 44  payload checksum  u32   CRC32C
 * 48  disk              u16   number within the group
 * 50  kind              u8    {@link EntryKind}
 * 51  flags             u8    {@link #CONTINUES}, {@link #COMPRESSED}, {@link #ENCRYPTED}
 * 52  chain             u32   checksum field of the previous entry's header
 * 56  durable           u64   highest sequence known to be on stable storage when this entry was made
 * </pre>
 *
 * <p>The salt keeps what a recycled segment file held before from passing for entries of the new
 * segment. The chain keeps entries that a crash cut off from being taken up again behind a new
 * entry.
 *
 * @param encoding how the payload of a WRITE is stored: 0 as it is, else {@link #COMPRESSED},
 *     {@link #ENCRYPTED} or both. Its content has {@code length} bytes in any case
 */
public record EntryHeader(
    long sequence,
    long timeNanos,
    EntryKind kind,
    boolean continues,
    int disk,
    long offset,
    long length,
    int payloadLength,
    int payloadChecksum,
    int chain,
    long durableSequence,
    int checksum,
    int encoding) {

  /** Bytes of a header. */
  public static final int BYTES = 64;

  /** The largest payload: 16 MiB; encrypted, {@link #ENCRYPTION_BYTES} more. */
  public static final int MAX_PAYLOAD_BYTES = 16 << 20;

  /** Entries start at multiples of this many bytes. */
  public static final int ALIGNMENT_BYTES = 8;

  /** Flag: the next entry belongs to the same change; neither is valid without the other. */
  public static final int CONTINUES = 1;

  /** Flag: the payload is a Zstandard frame (RFC 8878) of the extent's content. */
  public static final int COMPRESSED = 2;

  /** Flag: the payload is encrypted, after it was compressed. */
  public static final int ENCRYPTED = 4;

  /** Bytes by which an encrypted payload is longer: the key's number, the nonce and the tag. */
  public static final int ENCRYPTION_BYTES = 4 + 12 + 16;

  private static final int ENCODINGS = COMPRESSED | ENCRYPTED;

  private static final int MAGIC = 0x31455645;

  /** Bytes that this entry takes in its segment, padding included. */
  public long storedBytes() {
    return storedBytes(payloadLength);
  }

  /** Bytes that an entry with a payload of {@code payloadLength} bytes takes in its segment. */
  public static long storedBytes(int payloadLength) {
    return BYTES + (((long) payloadLength + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES);
  }

  /** One past the last byte of the extent. */
  public long end() {
    return offset + length;
  }

  /** Whether the payload is stored in another form than as the content itself. */
  public boolean isEncoded() {
    return encoding != 0;
  }

  /**
   * Writes a header at {@code at}, allocating nothing.
   *
   * @param crc scratch, reset by this method
   * @return its checksum, which is the next entry's chain
   */
  public static int encode(
      ByteBuffer into,
      int at,
      CRC32C crc,
      long salt,
      long sequence,
      long timeNanos,
      EntryKind kind,
      boolean continues,
      int encoding,
      int disk,
      long offset,
      long length,
      int payloadLength,
      int payloadChecksum,
      int chain,
      long durableSequence) {
    into.putInt(at, MAGIC);
    into.putLong(at + 8, sequence);
    into.putLong(at + 16, timeNanos);
    into.putLong(at + 24, offset);
    into.putLong(at + 32, length);
    into.putInt(at + 40, payloadLength);
    into.putInt(at + 44, payloadChecksum);
    into.putShort(at + 48, (short) disk);
    into.put(at + 50, (byte) kind.code());
    into.put(at + 51, (byte) (encoding | (continues ? CONTINUES : 0)));
    into.putInt(at + 52, chain);
    into.putLong(at + 56, durableSequence);
    int checksum = checksum(into, at, crc, salt);
    into.putInt(at + 4, checksum);
    return checksum;
  }

  /** Gives the valid header at {@code at} to a segment with another salt; all else stays. */
  public static void salt(ByteBuffer header, int at, CRC32C crc, long salt) {
    header.putInt(at + 4, checksum(header, at, crc, salt));
  }

  /**
   * Reads the header at {@code at}.
   *
   * @return null when there is no valid header of a segment with this salt
   */
  public static @Nullable EntryHeader decode(ByteBuffer from, int at, CRC32C crc, long salt) {
    if (from.getInt(at) != MAGIC || from.getInt(at + 4) != checksum(from, at, crc, salt)) {
      return null;
    }
    EntryKind kind = EntryKind.ofCode(from.get(at + 50));
    int flags = from.get(at + 51);
    int encoding = flags & ENCODINGS;
    int payloadLength = from.getInt(at + 40);
    long length = from.getLong(at + 32);
    if (kind == null
        || (flags & ~(CONTINUES | ENCODINGS)) != 0
        || payloadLength < 0
        || payloadLength > maxPayloadBytes(encoding)) {
      return null;
    }
    if ((encoding & ENCRYPTED) != 0 && payloadLength < ENCRYPTION_BYTES) {
      return null;
    }
    if (encoding != 0 && (kind != EntryKind.WRITE || length < 1 || length > MAX_PAYLOAD_BYTES)) {
      return null;
    }
    return new EntryHeader(
        from.getLong(at + 8),
        from.getLong(at + 16),
        kind,
        (flags & CONTINUES) != 0,
        from.getShort(at + 48) & 0xFFFF,
        from.getLong(at + 24),
        length,
        payloadLength,
        from.getInt(at + 44),
        from.getInt(at + 52),
        from.getLong(at + 56),
        from.getInt(at + 4),
        encoding);
  }

  private static int maxPayloadBytes(int encoding) {
    return MAX_PAYLOAD_BYTES + ((encoding & ENCRYPTED) != 0 ? ENCRYPTION_BYTES : 0);
  }

  /** A byte order mistake would be silent, so it is checked where buffers are made. */
  private static int checksum(ByteBuffer buffer, int at, CRC32C crc, long salt) {
    crc.reset();
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      crc.update((int) (salt >>> shift));
    }
    int position = buffer.position();
    int limit = buffer.limit();
    buffer.limit(at + BYTES).position(at + 8);
    crc.update(buffer);
    buffer.limit(limit).position(position);
    return (int) crc.getValue();
  }
}
