package io.everwhen.target.scsi;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;

/** Standard INQUIRY data, SPC-4 section 6.6.2. */
final class StandardInquiry {

  static final String VENDOR = "EVERWHEN";
  private static final String PRODUCT = "DISK            ";
  private static final String REVISION = "0001";

  private static final int REMOVABLE = 0x80;
  private static final int VERSION_SPC_4 = 0x06;
  private static final int RESPONSE_FORMAT_2 = 0x02;
  private static final int HIERARCHICAL_SUPPORT = 0x10;

  /** TPGS 01b: implicit asymmetric access, which here is always active and optimized. */
  private static final int IMPLICIT_ALUA = 0x10;

  /** 3PC. */
  private static final int THIRD_PARTY_COPY_SERVED = 0x08;

  /** MULTIP: there are several target ports. */
  private static final int MULTIPLE_PORTS = 0x10;

  private static final int COMMAND_QUEUEING = 0x02;
  private static final int STANDARD_BYTES = 96;
  private static final int VERSION_DESCRIPTORS_AT = 58;

  /** SAM-5, iSCSI, SPC-4, SBC-3; no version claimed. SPC-4 section 6.6.2, table 144. */
  private static final int[] VERSION_DESCRIPTORS = {0x00a0, 0x0960, 0x0460, 0x04c0};

  /** Peripheral qualifier 011b, device type 1Fh: no logical unit is there or can be. */
  private static final int NO_LOGICAL_UNIT = 0x7f;

  private StandardInquiry() {}

  /** Appends standard INQUIRY data. */
  static void put(ByteBuffer out, boolean present, boolean removable, boolean severalPorts) {
    int start = out.position();
    out.put((byte) (present ? 0 : NO_LOGICAL_UNIT))
        .put((byte) (removable ? REMOVABLE : 0))
        .put((byte) VERSION_SPC_4);
    out.put((byte) (RESPONSE_FORMAT_2 | HIERARCHICAL_SUPPORT)).put((byte) (STANDARD_BYTES - 5));
    out.put((byte) (IMPLICIT_ALUA | THIRD_PARTY_COPY_SERVED))
        .put((byte) (severalPorts ? MULTIPLE_PORTS : 0))
        .put((byte) COMMAND_QUEUEING);
    out.put(VENDOR.getBytes(US_ASCII))
        .put(PRODUCT.getBytes(US_ASCII))
        .put(REVISION.getBytes(US_ASCII));
    zeroTo(out, start + VERSION_DESCRIPTORS_AT);
    for (int descriptor : VERSION_DESCRIPTORS) {
      out.putShort((short) descriptor);
    }
    zeroTo(out, start + STANDARD_BYTES);
  }

  private static void zeroTo(ByteBuffer out, int position) {
    while (out.position() < position) {
      out.put((byte) 0);
    }
  }
}
