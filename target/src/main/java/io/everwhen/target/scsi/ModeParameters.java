package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The parameter list of MODE SELECT, SPC-4 sections 6.11 and 7.5. Only SWP of the control page can
 * be changed.
 *
 * @param softwareWriteProtect what SWP is set to; null if the list does not say
 */
record ModeParameters(@Nullable Boolean softwareWriteProtect) {

  private static final int HEADER_6_BYTES = 4;
  private static final int HEADER_10_BYTES = 8;
  private static final int SUBPAGE_FORMAT = 0x40;
  private static final int PAGE_CODE = 0x3f;

  /** Reads a list; null if it asks for what cannot be. */
  static @Nullable ModeParameters parse(ByteBuffer list, boolean ten, boolean current) {
    int header = ten ? HEADER_10_BYTES : HEADER_6_BYTES;
    int start = list.position();
    if (list.remaining() < header) {
      return null;
    }
    int descriptors =
        ten ? list.getShort(start + 6) & 0xffff : list.get(start + HEADER_6_BYTES - 1) & 0xff;
    if (descriptors > list.remaining() - header) {
      return null;
    }
    ByteBuffer pages =
        list.slice(start + header + descriptors, list.remaining() - header - descriptors);
    Boolean protect = null;
    while (pages.remaining() > 1) {
      int at = pages.position();
      int code = pages.get(at) & PAGE_CODE;
      int length = 2 + (pages.get(at + 1) & 0xff);
      boolean subpage = (pages.get(at) & SUBPAGE_FORMAT) != 0;
      if (subpage || length > pages.remaining()) {
        return null;
      }
      ByteBuffer page = pages.slice(at, length);
      boolean set = ModePages.protects(code, page);
      if (!ModePages.isCurrent(code, page, code == ModePages.CONTROL ? set : current)) {
        return null;
      }
      if (code == ModePages.CONTROL) {
        protect = set;
      }
      pages.position(at + length);
    }
    return pages.hasRemaining() ? null : new ModeParameters(protect);
  }
}
