package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * What a segment was before it was thinned, and how much is left of it; in the header of the file
 * that holds what is left.
 *
 * <pre>
 *  56  first sequence   u64
 *  64  last sequence    u64
 *  72  first time       u64
 *  80  last time        u64
 *  88  first chain      u32   chain field of the first entry
 *  92  last checksum    u32   checksum of the last entry's header
 *  96  stands for       32 bytes the seal that the segment had
 * 128  previous seal    32 bytes
 * 160  turn             u64   of the {@link Kept} by which it was thinned
 * 168  data length      u64   bytes of this file
 * </pre>
 *
 * @param seal in hexadecimal; it stands for this segment in the chain of seals
 * @param previousSeal of the segment before, in hexadecimal
 */
public record Origin(
    long firstSequence,
    long lastSequence,
    long firstTimeNanos,
    long lastTimeNanos,
    int firstChain,
    int lastChecksum,
    String seal,
    String previousSeal,
    long turn,
    long dataLength) {

  /** Of a segment with this index; when that was thinned before, of what it was at first. */
  public static Origin of(SegmentIndex index, long turn, long dataLength) {
    return new Origin(
        index.firstSequence(),
        index.lastSequence(),
        index.firstTimeNanos(),
        index.lastTimeNanos(),
        index.firstChain(),
        index.lastChecksum(),
        HexFormat.of().formatHex(index.seal()),
        index.previousSealText(),
        turn,
        dataLength);
  }

  void encode(ByteBuffer b) {
    b.putLong(56, firstSequence).putLong(64, lastSequence);
    b.putLong(72, firstTimeNanos).putLong(80, lastTimeNanos);
    b.putInt(88, firstChain).putInt(92, lastChecksum);
    b.put(96, HexFormat.of().parseHex(seal)).put(128, HexFormat.of().parseHex(previousSeal));
    b.putLong(160, turn).putLong(168, dataLength);
  }

  static Origin decode(ByteBuffer b) {
    return new Origin(
        b.getLong(56),
        b.getLong(64),
        b.getLong(72),
        b.getLong(80),
        b.getInt(88),
        b.getInt(92),
        hash(b, 96),
        hash(b, 128),
        b.getLong(160),
        b.getLong(168));
  }

  private static String hash(ByteBuffer b, int at) {
    byte[] hash = new byte[SegmentIndex.HASH_BYTES];
    b.get(at, hash);
    return HexFormat.of().formatHex(hash);
  }
}
