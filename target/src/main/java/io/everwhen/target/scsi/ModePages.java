package io.everwhen.target.scsi;

import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What MODE SENSE returns: SPC-4 sections 6.13 and 7.5, SBC-3 section 6.5. Only SWP can be changed.
 */
final class ModePages {

  private static final int CACHING = 0x08;
  static final int CONTROL = 0x0a;
  private static final int INFORMATIONAL_EXCEPTIONS = 0x1c;
  private static final int ALL = 0x3f;
  private static final int[] PAGES = {CACHING, CONTROL, INFORMATIONAL_EXCEPTIONS};

  private static final int PAGE_BYTES_MAX = 20;
  private static final int ALL_SUBPAGES = 0xff;
  private static final int CURRENT = 0;
  private static final int CHANGEABLE = 1;
  private static final int SAVED = 3;

  private static final int WRITE_PROTECT = 0x80;
  private static final int DPO_AND_FUA = 0x10;
  private static final int WRITE_CACHE_ENABLED = 0x04;

  /** Unrestricted reordering: commands of the SIMPLE attribute may pass each other. */
  private static final int UNRESTRICTED_REORDERING = 0x10;

  /** SWP, in byte 4 of the control page: no writes until it is cleared. */
  private static final int SOFTWARE_WRITE_PROTECT = 0x08;

  private static final int SWP_AT = 4;

  private static final int SHORT_DESCRIPTOR_BYTES = 8;
  private static final int LONG_DESCRIPTOR_BYTES = 16;

  private ModePages() {}

  /**
   * Appends the parameter data.
   *
   * @return why it cannot be, or null
   */
  static @Nullable Sense put(
      ByteBuffer out, Cdb.ModeSense cdb, Geometry geometry, boolean readOnly, boolean protect) {
    if (cdb.control() == SAVED) {
      return Sense.SAVING_PARAMETERS_NOT_SUPPORTED;
    }
    int start = out.position();
    int descriptorBytes =
        cdb.noBlockDescriptor()
            ? 0
            : cdb.longBlockDescriptor() ? LONG_DESCRIPTOR_BYTES : SHORT_DESCRIPTOR_BYTES;
    int specific = DPO_AND_FUA | (readOnly || protect ? WRITE_PROTECT : 0);
    if (cdb.ten()) {
      out.putShort((short) 0).put((byte) 0).put((byte) specific);
      out.put((byte) (cdb.longBlockDescriptor() ? 1 : 0))
          .put((byte) 0)
          .putShort((short) descriptorBytes);
    } else {
      out.put((byte) 0).put((byte) 0).put((byte) specific).put((byte) descriptorBytes);
    }
    putBlockDescriptor(out, descriptorBytes, geometry);
    if (!putPages(out, cdb, protect)) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    int length = out.position() - start;
    if (cdb.ten()) {
      out.putShort(start, (short) (length - 2));
    } else {
      out.put(start, (byte) (length - 1));
    }
    return null;
  }

  private static void putBlockDescriptor(ByteBuffer out, int bytes, Geometry geometry) {
    if (bytes == LONG_DESCRIPTOR_BYTES) {
      out.putLong(geometry.blockCount()).putInt(0).putInt(geometry.blockSize());
    } else if (bytes == SHORT_DESCRIPTOR_BYTES) {
      out.putInt((int) Math.min(geometry.blockCount(), 0xffffffffL)).putInt(geometry.blockSize());
    }
  }

  private static boolean putPages(ByteBuffer out, Cdb.ModeSense cdb, boolean protect) {
    boolean found = false;
    boolean subpage = cdb.subpage() != 0 && !(cdb.subpage() == ALL_SUBPAGES && cdb.page() == ALL);
    for (int page : PAGES) {
      if (!subpage && (cdb.page() == page || cdb.page() == ALL)) {
        putPage(out, page, cdb.control(), protect);
        found = true;
      }
    }
    return found;
  }

  private static void putPage(ByteBuffer out, int page, int control, boolean protect) {
    int length = page == CACHING ? 18 : 10;
    int start = out.position();
    out.put((byte) page).put((byte) length).put(new byte[length]);
    boolean changeable = control == CHANGEABLE;
    if (page == CONTROL && (changeable || (protect && control == CURRENT))) {
      out.put(start + SWP_AT, (byte) SOFTWARE_WRITE_PROTECT);
    }
    if (changeable) {
      return;
    }
    switch (page) {
      case CACHING -> out.put(start + 2, (byte) WRITE_CACHE_ENABLED);
      case CONTROL -> out.put(start + 3, (byte) UNRESTRICTED_REORDERING);
      default -> {}
    }
  }

  /** Whether a page of a parameter list sets SWP. */
  static boolean protects(int code, ByteBuffer page) {
    return code == CONTROL
        && page.remaining() > SWP_AT
        && (page.get(SWP_AT) & SOFTWARE_WRITE_PROTECT) != 0;
  }

  /** Whether a page of a parameter list is as the unit's own. */
  static boolean isCurrent(int code, ByteBuffer page, boolean protect) {
    ByteBuffer own = ByteBuffer.allocate(PAGE_BYTES_MAX);
    for (int known : PAGES) {
      if (known == code) {
        putPage(own, code, CURRENT, protect);
        return own.flip().equals(page);
      }
    }
    return false;
  }
}
