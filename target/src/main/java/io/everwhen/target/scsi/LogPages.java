package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What LOG SENSE returns, SPC-4 sections 6.8 and 7.3: which pages there are, and that nothing is
 * amiss. A disk that fails says so with the command that meets it, so no errors are counted here.
 */
final class LogPages {

  private static final int SUPPORTED_PAGES = 0x00;
  private static final int INFORMATIONAL_EXCEPTIONS = 0x2f;
  private static final int ALL_SUBPAGES = 0xff;

  /** In ascending order. */
  private static final int[] PAGES = {SUPPORTED_PAGES, INFORMATIONAL_EXCEPTIONS};

  private static final int SUBPAGE_FORMAT = 0x40;

  /** FORMAT AND LINKING 11b: a binary list, not saved. */
  private static final int BINARY_LIST = 0x03;

  private static final int EXCEPTION_BYTES = 4;
  private static final int NO_TEMPERATURE = 0xff;

  private LogPages() {}

  /**
   * Appends a page.
   *
   * @return why it cannot be, or null
   */
  static @Nullable Sense put(ByteBuffer out, Cdb.LogSense cdb) {
    boolean subpages = cdb.subpage() == ALL_SUBPAGES && cdb.page() == SUPPORTED_PAGES;
    if (cdb.save() || (cdb.subpage() != 0 && !subpages)) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    int start = out.position();
    out.put((byte) (cdb.page() | (subpages ? SUBPAGE_FORMAT : 0)))
        .put((byte) cdb.subpage())
        .putShort((short) 0);
    switch (cdb.page()) {
      case SUPPORTED_PAGES -> putPages(out, subpages);
      case INFORMATIONAL_EXCEPTIONS -> {
        if (cdb.parameterPointer() > 0) {
          return Sense.INVALID_FIELD_IN_CDB;
        }
        out.putShort((short) 0).put((byte) BINARY_LIST).put((byte) EXCEPTION_BYTES);
        out.put((byte) 0).put((byte) 0).put((byte) NO_TEMPERATURE).put((byte) 0);
      }
      default -> {
        return Sense.INVALID_FIELD_IN_CDB;
      }
    }
    out.putShort(start + 2, (short) (out.position() - start - 4));
    return null;
  }

  private static void putPages(ByteBuffer out, boolean subpages) {
    for (int page : PAGES) {
      out.put((byte) page);
      if (subpages) {
        out.put((byte) 0);
        if (page == SUPPORTED_PAGES) {
          out.put((byte) page).put((byte) ALL_SUBPAGES);
        }
      }
    }
  }
}
