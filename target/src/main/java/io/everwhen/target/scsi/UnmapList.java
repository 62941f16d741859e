package io.everwhen.target.scsi;

import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The parameter list of UNMAP, SBC-3 section 5.28.2. */
sealed interface UnmapList {

  int HEADER_BYTES = 8;
  int DESCRIPTOR_BYTES = 16;

  /** What is to be unmapped, without empty extents. */
  record Extents(List<Extent> extents) implements UnmapList {}

  /** A list that names nothing that can be unmapped. */
  record Refused(Sense sense) implements UnmapList {}

  /** The list that names these extents. */
  static ByteBuffer of(List<Extent> extents) {
    int bytes = extents.size() * DESCRIPTOR_BYTES;
    ByteBuffer list = ByteBuffer.allocate(HEADER_BYTES + bytes);
    list.putShort(0, (short) (list.capacity() - Short.BYTES)).putShort(2, (short) bytes);
    list.position(HEADER_BYTES);
    for (Extent extent : extents) {
      list.putLong(extent.block()).putInt((int) extent.count()).putInt(0);
    }
    return list.flip();
  }

  static UnmapList parse(ByteBuffer in, Geometry geometry) {
    if (in.remaining() < HEADER_BYTES) {
      return new Refused(Sense.PARAMETER_LIST_LENGTH_ERROR);
    }
    int descriptorBytes =
        Math.min(in.getShort(in.position() + 2) & 0xffff, in.remaining() - HEADER_BYTES);
    int count = descriptorBytes / DESCRIPTOR_BYTES;
    if (count > BlockLimits.UNMAP_DESCRIPTORS_MAX) {
      return new Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    List<Extent> extents = new ArrayList<>(count);
    long total = 0;
    for (int i = 0; i < count; i++) {
      int at = in.position() + HEADER_BYTES + i * DESCRIPTOR_BYTES;
      long lba = in.getLong(at);
      long blocks = in.getInt(at + 8) & 0xffffffffL;
      if (!geometry.contains(lba, blocks)) {
        return new Refused(Sense.LBA_OUT_OF_RANGE);
      }
      total += blocks;
      if (total > BlockLimits.UNMAP_BLOCKS_MAX) {
        return new Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
      }
      if (blocks > 0) {
        extents.add(new Extent(lba, blocks));
      }
    }
    return new Extents(extents);
  }
}
