package io.everwhen.target.scsi;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;

/**
 * What INQUIRY returns: standard data, SPC-4 section 6.6, and vital product data, SPC-4 section
 * 7.8, SBC-3 section 6.6.
 */
final class InquiryPages {

  private static final String VENDOR = "EVERWHEN";
  private static final String PRODUCT = "DISK            ";
  private static final String REVISION = "0001";

  private static final int SUPPORTED_PAGES = 0x00;
  private static final int UNIT_SERIAL_NUMBER = 0x80;
  static final int DEVICE_IDENTIFICATION = 0x83;
  private static final int THIRD_PARTY_COPY = 0x8f;
  private static final int BLOCK_LIMITS = 0xb0;
  private static final int BLOCK_DEVICE_CHARACTERISTICS = 0xb1;
  private static final int LOGICAL_BLOCK_PROVISIONING = 0xb2;

  /** In ascending order, SPC-4 section 7.8.14. */
  private static final int[] PAGES = {
    SUPPORTED_PAGES,
    UNIT_SERIAL_NUMBER,
    DEVICE_IDENTIFICATION,
    THIRD_PARTY_COPY,
    BLOCK_LIMITS,
    BLOCK_DEVICE_CHARACTERISTICS,
    LOGICAL_BLOCK_PROVISIONING
  };

  /** Bytes of the header of a page. */
  static final int HEADER_BYTES = 4;

  private static final int REMOVABLE = 0x80;
  private static final int VERSION_SPC_4 = 0x06;
  private static final int RESPONSE_FORMAT_2 = 0x02;
  private static final int HIERARCHICAL_SUPPORT = 0x10;

  /** 3PC. */
  private static final int THIRD_PARTY_COPY_SERVED = 0x08;

  private static final int COMMAND_QUEUEING = 0x02;
  private static final int STANDARD_BYTES = 96;
  private static final int VERSION_DESCRIPTORS_AT = 58;

  /** SAM-5, iSCSI, SPC-4, SBC-3; no version claimed. SPC-4 section 6.6.2, table 144. */
  private static final int[] VERSION_DESCRIPTORS = {0x00a0, 0x0960, 0x0460, 0x04c0};

  /** Peripheral qualifier 011b, device type 1Fh: no logical unit is there or can be. */
  private static final int NO_LOGICAL_UNIT = 0x7f;

  private static final int NON_ROTATING = 1;

  /** WABEREQ 01b: what a block erase has erased can be read. */
  private static final int ERASED_BLOCKS_READ_WELL = 0x40;

  private InquiryPages() {}

  /** Appends standard INQUIRY data. */
  static void putStandard(ByteBuffer out, boolean present, boolean removable) {
    int start = out.position();
    out.put((byte) (present ? 0 : NO_LOGICAL_UNIT))
        .put((byte) (removable ? REMOVABLE : 0))
        .put((byte) VERSION_SPC_4);
    out.put((byte) (RESPONSE_FORMAT_2 | HIERARCHICAL_SUPPORT)).put((byte) (STANDARD_BYTES - 5));
    out.put((byte) THIRD_PARTY_COPY_SERVED).put((byte) 0).put((byte) COMMAND_QUEUEING);
    out.put(VENDOR.getBytes(US_ASCII))
        .put(PRODUCT.getBytes(US_ASCII))
        .put(REVISION.getBytes(US_ASCII));
    zeroTo(out, start + VERSION_DESCRIPTORS_AT);
    for (int descriptor : VERSION_DESCRIPTORS) {
      out.putShort((short) descriptor);
    }
    zeroTo(out, start + STANDARD_BYTES);
  }

  /**
   * Appends a page of vital product data.
   *
   * @return false if there is no such page
   */
  static boolean putPage(ByteBuffer out, int page, DiskIdentity identity, Geometry geometry) {
    int start = out.position();
    out.put((byte) 0).put((byte) page).putShort((short) 0);
    switch (page) {
      case SUPPORTED_PAGES -> {
        for (int supported : PAGES) {
          out.put((byte) supported);
        }
      }
      case UNIT_SERIAL_NUMBER -> out.put(identity.serialBytes());
      case DEVICE_IDENTIFICATION -> putDesignators(out, identity);
      case THIRD_PARTY_COPY -> ThirdPartyCopyPage.put(out);
      case BLOCK_LIMITS -> putBlockLimits(out, start, geometry);
      case BLOCK_DEVICE_CHARACTERISTICS -> {
        out.putShort((short) NON_ROTATING).put((byte) 0).put((byte) ERASED_BLOCKS_READ_WELL);
        zeroTo(out, start + 64);
      }
      // Threshold exponent 0; LBPU, LBPWS, LBPWS10 and LBPRZ = 1; thin provisioned.
      case LOGICAL_BLOCK_PROVISIONING ->
          out.put((byte) 0).put((byte) 0xe4).put((byte) 2).put((byte) 0);
      default -> {
        out.position(start);
        return false;
      }
    }
    out.putShort(start + 2, (short) (out.position() - start - 4));
    return true;
  }

  private static void putDesignators(ByteBuffer out, DiskIdentity identity) {
    // Binary, NAA, of the logical unit.
    out.put((byte) 1).put((byte) 3).put((byte) 0).put((byte) Long.BYTES).putLong(identity.naa());
    // ASCII, T10 vendor ID based, of the logical unit.
    byte[] serial = identity.serialBytes();
    out.put((byte) 2).put((byte) 1).put((byte) 0).put((byte) (VENDOR.length() + serial.length));
    out.put(VENDOR.getBytes(US_ASCII)).put(serial);
  }

  private static void putBlockLimits(ByteBuffer out, int start, Geometry geometry) {
    int blocksMax = BlockLimits.TRANSFER_BYTES_MAX / geometry.blockSize();
    int granularity = geometry.physicalBlockSize() / geometry.blockSize();
    out.put((byte) 1); // WSNZ: WRITE SAME with a length of 0 is refused
    out.put((byte) BlockLimits.COMPARE_AND_WRITE_BLOCKS_MAX);
    out.putShort((short) granularity);
    out.putInt(blocksMax)
        .putInt(BlockLimits.OPTIMAL_TRANSFER_BYTES / geometry.blockSize())
        .putInt(0);
    out.putInt(BlockLimits.UNMAP_BLOCKS_MAX).putInt(BlockLimits.UNMAP_DESCRIPTORS_MAX);
    out.putInt(granularity).putInt(0);
    out.putLong(blocksMax); // WRITE SAME: as long as one change can be
    // Every write is atomic, at any alignment; atomic boundaries are not supported.
    out.putInt(Math.min(blocksMax, BlockLimits.WRITE_ATOMIC_BLOCKS_MAX)).putInt(0).putInt(0);
    zeroTo(out, start + 64);
  }

  private static void zeroTo(ByteBuffer out, int position) {
    while (out.position() < position) {
      out.put((byte) 0);
    }
  }
}
