package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/**
 * A segment descriptor of EXTENDED COPY from block device to block device: types 02h and 0Ah, SPC-4
 * section 6.4.6.
 *
 * @param source index of its target descriptor
 * @param destination index of its target descriptor
 * @param concatenates CAT: what does not fill a block belongs to the next segment
 * @param unit what {@code length} counts
 * @param sourceBlock where to read from
 * @param sourceOffset bytes behind that
 * @param destinationBlock where to write to
 * @param destinationOffset bytes behind that
 */
record CopySegment(
    int source,
    int destination,
    boolean concatenates,
    Unit unit,
    long length,
    long sourceBlock,
    int sourceOffset,
    long destinationBlock,
    int destinationOffset) {

  static final int BLOCK_TO_BLOCK = 0x02;
  static final int BLOCK_TO_BLOCK_WITH_OFFSET = 0x0a;

  /** Bytes before those that DESCRIPTOR LENGTH counts. */
  static final int HEADER_BYTES = 4;

  private static final int BLOCK_TO_BLOCK_LENGTH = 0x18;
  private static final int WITH_OFFSET_LENGTH = 0x1c;
  private static final int CAT = 0x01;
  private static final int DC = 0x02;

  /** What a length counts. */
  enum Unit {
    SOURCE_BLOCKS,
    DESTINATION_BLOCKS,
    BYTES
  }

  /** Whether descriptors of a type are served. */
  static boolean isServed(int type) {
    return type == BLOCK_TO_BLOCK || type == BLOCK_TO_BLOCK_WITH_OFFSET;
  }

  /** The DESCRIPTOR LENGTH of a type that is served. */
  static int length(int type) {
    return type == BLOCK_TO_BLOCK ? BLOCK_TO_BLOCK_LENGTH : WITH_OFFSET_LENGTH;
  }

  /** Reads a descriptor of a type that is served, all of which is there. */
  static CopySegment parse(ByteBuffer in, int at) {
    int flags = in.get(at + 1);
    boolean inBytes = in.get(at) == BLOCK_TO_BLOCK_WITH_OFFSET;
    Unit ofBlocks = (flags & DC) != 0 ? Unit.DESTINATION_BLOCKS : Unit.SOURCE_BLOCKS;
    return new CopySegment(
        uint16(in, at + 4),
        uint16(in, at + 6),
        (flags & CAT) != 0,
        inBytes ? Unit.BYTES : ofBlocks,
        inBytes ? in.getInt(at + 8) & 0xffffffffL : uint16(in, at + 10),
        in.getLong(at + 12),
        inBytes ? uint16(in, at + 28) : 0,
        in.getLong(at + 20),
        inBytes ? uint16(in, at + 30) : 0);
  }

  private static int uint16(ByteBuffer in, int at) {
    return in.getShort(at) & 0xffff;
  }

  /** How much is copied, between units with blocks of these sizes. */
  long bytes(int sourceBlockSize, int destinationBlockSize) {
    return switch (unit) {
      case SOURCE_BLOCKS -> length * sourceBlockSize;
      case DESTINATION_BLOCKS -> length * destinationBlockSize;
      case BYTES -> length;
    };
  }
}
