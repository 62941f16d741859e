package io.everwhen.target.scsi;

import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;

/** The parameter list of MODE SELECT, SPC-4 sections 6.11 and 7.5. */
sealed interface ModeSelectList {

  /** What the parameters are to be. */
  record Accepted(ModeParameters parameters) implements ModeSelectList {}

  /** A list that asks for what cannot be. */
  record Refused(Sense sense) implements ModeSelectList {}

  ModeSelectList TRUNCATED = new Refused(Sense.PARAMETER_LIST_LENGTH_ERROR);
  ModeSelectList WRONG = new Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);

  int HEADER_6_BYTES = 4;
  int HEADER_10_BYTES = 8;
  int LONG_DESCRIPTORS = 0x01;
  int SUBPAGE_FORMAT = 0x40;
  int PAGE_CODE = 0x3f;

  /** Reads a list: all of it fits, or nothing is changed. */
  static ModeSelectList parse(
      ByteBuffer data,
      boolean ten,
      Geometry geometry,
      boolean writeThrough,
      ModeParameters current) {
    ByteBuffer list = data.slice();
    if (list.remaining() < (ten ? HEADER_10_BYTES : HEADER_6_BYTES)) {
      return TRUNCATED;
    }
    boolean longDescriptors = ten && (list.get(4) & LONG_DESCRIPTORS) != 0;
    int descriptorBytes = ten ? list.getShort(6) & 0xffff : list.get(3) & 0xff;
    list.position(ten ? HEADER_10_BYTES : HEADER_6_BYTES);
    if (descriptorBytes > list.remaining()) {
      return TRUNCATED;
    }
    ByteBuffer descriptors = list.slice(list.position(), descriptorBytes);
    if (!isGeometry(descriptors, longDescriptors, geometry)) {
      return WRONG;
    }
    return parsePages(
        list.position(list.position() + descriptorBytes).slice(), writeThrough, current);
  }

  /** Whether a block descriptor, if there is one, describes the disk as it is. */
  private static boolean isGeometry(ByteBuffer in, boolean longDescriptors, Geometry geometry) {
    if (!in.hasRemaining()) {
      return true;
    }
    if (in.remaining() != (longDescriptors ? 16 : 8)) {
      return false;
    }
    long blocks = longDescriptors ? in.getLong(0) : in.getInt(0) & 0xffffffffL;
    int blockSize = longDescriptors ? in.getInt(12) : in.getInt(4) & 0xffffff;
    // 0: as many as there are.
    boolean asMany =
        blocks == 0
            || blocks == geometry.blockCount()
            || (!longDescriptors && blocks == Math.min(geometry.blockCount(), 0xffffffffL));
    return asMany && blockSize == geometry.blockSize();
  }

  private static ModeSelectList parsePages(
      ByteBuffer in, boolean writeThrough, ModeParameters current) {
    ModeParameters wanted = current;
    while (in.hasRemaining()) {
      int at = in.position();
      boolean subpage = (in.get(at) & SUBPAGE_FORMAT) != 0;
      int header = subpage ? 4 : 2;
      if (in.remaining() < header) {
        return TRUNCATED;
      }
      int length = header + (subpage ? in.getShort(at + 2) & 0xffff : in.get(at + 1) & 0xff);
      ModePages.Page page =
          ModePages.page(in.get(at) & PAGE_CODE, subpage ? in.get(at + 1) & 0xff : 0);
      if (page == null || length != page.length()) {
        return WRONG;
      }
      if (length > in.remaining()) {
        return TRUNCATED;
      }
      byte[] values = new byte[length];
      in.get(values);
      if (!page.mayChange(ModePages.current(page, writeThrough, wanted), values)) {
        return WRONG;
      }
      wanted = ModePages.with(page, values, wanted);
    }
    return new Accepted(wanted);
  }
}
