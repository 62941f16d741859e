package io.everwhen.target.scsi;

import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What MODE SENSE returns: SPC-4 sections 6.13 and 7.5, SBC-3 section 6.5. */
final class ModePages {

  /** A mode page, from its page code on. */
  static final class Page {

    private final byte[] values;
    private final byte[] changeable;

    private Page(byte[] values, byte[] changeable) {
      this.values = values;
      this.changeable = changeable;
    }

    static Page of(String values, String changeable) {
      return new Page(bytes(values), bytes(changeable));
    }

    private static byte[] bytes(String hex) {
      return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    int length() {
      return values.length;
    }

    /** Whether MODE SELECT may change it from one value to the other. */
    boolean mayChange(byte[] from, byte[] to) {
      for (int i = 2; i < values.length; i++) {
        if (((from[i] ^ to[i]) & ~changeable[i]) != 0) {
          return false;
        }
      }
      return true;
    }

    int code() {
      return values[0] & CODE;
    }

    int subpage() {
      return (values[0] & SUBPAGE_FORMAT) != 0 ? values[1] : 0;
    }
  }

  private static final int CODE = 0x3f;
  private static final int SUBPAGE_FORMAT = 0x40;
  private static final int ALL = 0x3f;
  private static final int ALL_SUBPAGES = 0xff;

  /**
   * WCE: writes are acknowledged before they are on stable storage, unless the disk writes through.
   * Nothing can be changed.
   */
  private static final Page CACHING =
      Page.of(
          "08 12 04 00 0000 0000 0000 0000 00 00 0000 00 000000",
          "08 12 00 00 0000 0000 0000 0000 00 00 0000 00 000000");

  /**
   * One task set for all nexuses, whose commands may pass each other; log parameters are not saved.
   * D_SENSE and SWP can be changed.
   */
  private static final Page CONTROL =
      Page.of("0a 0a 02 10 00 00 0000 0000 0000", "0a 0a 04 00 08 00 0000 0000 0000");

  /** IALUAE: asymmetric access is implicit; and how long sense data can be. */
  private static final Page CONTROL_EXTENSION =
      Page.of(
          "4a 01 001c 01 00 %02x 00 000000000000000000000000000000000000000000000000"
              .formatted(Sense.DESCRIPTOR_BYTES_MAX),
          "4a 01 001c 00 00 00 00 000000000000000000000000000000000000000000000000");

  /** None are reported but by LOG SENSE. */
  private static final Page INFORMATIONAL_EXCEPTIONS =
      Page.of("1c 0a 00 00 00000000 00000000", "1c 0a 00 00 00000000 00000000");

  /** In ascending order, by page and then by subpage. */
  private static final List<Page> PAGES =
      List.of(CACHING, CONTROL, CONTROL_EXTENSION, INFORMATIONAL_EXCEPTIONS);

  private static final int DESCRIPTOR_SENSE_AT = 2;
  private static final int DESCRIPTOR_SENSE = 0x04;
  private static final int WRITE_PROTECTED_AT = 4;
  private static final int WRITE_PROTECTED = 0x08;

  private static final int WRITE_CACHE_AT = 2;
  private static final int WRITE_CACHE_ENABLED = 0x04;

  private static final int CHANGEABLE = 1;
  private static final int DEFAULT = 2;
  private static final int SAVED = 3;

  /** WP and DPOFUA of the device-specific parameter. */
  private static final int WRITE_PROTECT = 0x80;

  private static final int DPO_AND_FUA = 0x10;

  private static final int SHORT_DESCRIPTOR_BYTES = 8;
  private static final int LONG_DESCRIPTOR_BYTES = 16;

  private ModePages() {}

  /**
   * Appends the parameter data.
   *
   * @return why it cannot be, or null
   */
  static @Nullable Sense put(
      ByteBuffer out,
      Cdb.ModeSense cdb,
      Geometry geometry,
      boolean readOnly,
      boolean writeThrough,
      ModeParameters parameters) {
    if (cdb.control() == SAVED) {
      return Sense.SAVING_PARAMETERS_NOT_SUPPORTED;
    }
    int start = out.position();
    int descriptorBytes =
        cdb.noBlockDescriptor()
            ? 0
            : cdb.longBlockDescriptor() ? LONG_DESCRIPTOR_BYTES : SHORT_DESCRIPTOR_BYTES;
    int specific = DPO_AND_FUA | (readOnly || parameters.writeProtected() ? WRITE_PROTECT : 0);
    if (cdb.ten()) {
      out.putShort((short) 0).put((byte) 0).put((byte) specific);
      out.put((byte) (descriptorBytes == LONG_DESCRIPTOR_BYTES ? 1 : 0))
          .put((byte) 0)
          .putShort((short) descriptorBytes);
    } else {
      out.put((byte) 0).put((byte) 0).put((byte) specific).put((byte) descriptorBytes);
    }
    putBlockDescriptor(out, descriptorBytes, geometry);
    if (!putPages(out, cdb, writeThrough, parameters)) {
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

  private static boolean putPages(
      ByteBuffer out, Cdb.ModeSense cdb, boolean writeThrough, ModeParameters parameters) {
    boolean found = false;
    for (Page page : PAGES) {
      boolean wanted =
          (cdb.page() == ALL || cdb.page() == page.code())
              && (cdb.subpage() == ALL_SUBPAGES || cdb.subpage() == page.subpage());
      if (wanted) {
        out.put(
            switch (cdb.control()) {
              case CHANGEABLE -> page.changeable;
              case DEFAULT -> current(page, writeThrough, ModeParameters.DEFAULT);
              default -> current(page, writeThrough, parameters);
            });
        found = true;
      }
    }
    return found;
  }

  /** The page with a code, or null. */
  static @Nullable Page page(int code, int subpage) {
    for (Page page : PAGES) {
      if (page.code() == code && page.subpage() == subpage) {
        return page;
      }
    }
    return null;
  }

  /** The values of a page as they are. */
  static byte[] current(Page page, boolean writeThrough, ModeParameters parameters) {
    byte[] values = page.values.clone();
    if (page == CACHING && writeThrough) {
      values[WRITE_CACHE_AT] &= (byte) ~WRITE_CACHE_ENABLED;
    }
    if (page == CONTROL) {
      set(values, DESCRIPTOR_SENSE_AT, DESCRIPTOR_SENSE, parameters.descriptorSense());
      set(values, WRITE_PROTECTED_AT, WRITE_PROTECTED, parameters.writeProtected());
    }
    return values;
  }

  private static void set(byte[] values, int at, int bit, boolean on) {
    values[at] = (byte) (on ? values[at] | bit : values[at]);
  }

  /** The parameters once a page has these values. */
  static ModeParameters with(Page page, byte[] values, ModeParameters parameters) {
    return page != CONTROL
        ? parameters
        : new ModeParameters(
            (values[WRITE_PROTECTED_AT] & WRITE_PROTECTED) != 0,
            (values[DESCRIPTOR_SENSE_AT] & DESCRIPTOR_SENSE) != 0);
  }
}
