package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;

/** The pages of vital product data, SPC-4 section 7.8 and SBC-3 section 6.6. */
final class VitalProductData {

  private static final int SUPPORTED_PAGES = 0x00;
  private static final int UNIT_SERIAL_NUMBER = 0x80;
  private static final int DEVICE_IDENTIFICATION = 0x83;
  private static final int EXTENDED_INQUIRY = 0x86;
  private static final int MODE_PAGE_POLICY = 0x87;
  private static final int SCSI_PORTS = 0x88;
  private static final int THIRD_PARTY_COPY = 0x8f;
  private static final int BLOCK_LIMITS = 0xb0;
  private static final int BLOCK_DEVICE_CHARACTERISTICS = 0xb1;
  private static final int LOGICAL_BLOCK_PROVISIONING = 0xb2;
  private static final int REFERRALS = 0xb3;

  /** In ascending order, SPC-4 section 7.8.14. */
  private static final int[] PAGES = {
    SUPPORTED_PAGES,
    UNIT_SERIAL_NUMBER,
    DEVICE_IDENTIFICATION,
    EXTENDED_INQUIRY,
    MODE_PAGE_POLICY,
    SCSI_PORTS,
    THIRD_PARTY_COPY,
    BLOCK_LIMITS,
    BLOCK_DEVICE_CHARACTERISTICS,
    LOGICAL_BLOCK_PROVISIONING,
    REFERRALS
  };

  private static final int HEADER_BYTES = 4;
  private static final int LONG_PAGE_BYTES = 64;
  private static final int REFERRALS_BYTES = 16;

  /** HEADSUP and SIMPSUP. Not ORDSUP: a command may pass one that still waits for its data. */
  private static final int TASK_ATTRIBUTES = 0x05;

  /** V_SUP: there is a volatile cache. */
  private static final int VOLATILE_CACHE = 0x01;

  /** LUICLR: REPORT LUNS clears a unit attention for the nexus that asks, and no other. */
  private static final int CLEARS_FOR_ONE_NEXUS = 0x01;

  private static final int MAXIMUM_SENSE_LENGTH_AT = 13;

  private static final int EVERY_PAGE = 0x3f;
  private static final int EVERY_SUBPAGE = 0xff;

  private static final int NON_ROTATING = 1;

  /** WABEREQ 01b: what a block erase has erased can be read. */
  private static final int ERASED_BLOCKS_READ_WELL = 0x40;

  /** WACEREQ 01b: so can what a cryptographic erase has erased. */
  private static final int REKEYED_BLOCKS_READ_WELL = 0x10;

  /**
   * FUAB and VBULS: FUA and SYNCHRONIZE CACHE as SBC-3 has them; VERIFY compares unmapped blocks.
   */
  private static final int CHARACTERISTICS = 0x03;

  private static final int UNMAP_ALIGNMENT_VALID = 1 << 31;

  /** LBPU, LBPWS, LBPWS10, and LBPRZ: unmapped blocks read as zeros. */
  private static final int PROVISIONING = 0xe4;

  private static final int THIN = 2;

  private VitalProductData() {}

  /**
   * Appends a page.
   *
   * @return false if there is no such page
   */
  static boolean put(
      ByteBuffer out,
      int page,
      DiskIdentity identity,
      BlockDevice disk,
      UnitOptions options,
      TargetPorts ports) {
    int start = out.position();
    out.put((byte) 0).put((byte) page).putShort((short) 0);
    switch (page) {
      case SUPPORTED_PAGES -> {
        for (int supported : PAGES) {
          out.put((byte) supported);
        }
      }
      case UNIT_SERIAL_NUMBER -> out.put(identity.serialBytes());
      case DEVICE_IDENTIFICATION -> {
        Designators.putUnit(out, identity);
        Designators.putPort(out, ports.own());
      }
      case EXTENDED_INQUIRY -> putExtendedInquiry(out, start);
      // One descriptor for all: shared by every nexus, not between logical units.
      case MODE_PAGE_POLICY ->
          out.put((byte) EVERY_PAGE).put((byte) EVERY_SUBPAGE).put((byte) 0).put((byte) 0);
      case SCSI_PORTS -> putPorts(out, ports);
      case THIRD_PARTY_COPY -> ThirdPartyCopyPage.put(out, disk.geometry().blockSize());
      case BLOCK_LIMITS -> putBlockLimits(out, start, disk.geometry(), options);
      case BLOCK_DEVICE_CHARACTERISTICS -> {
        int erased = ERASED_BLOCKS_READ_WELL | (disk.encrypted() ? REKEYED_BLOCKS_READ_WELL : 0);
        out.putShort((short) NON_ROTATING).put((byte) 0).put((byte) erased);
        out.put((byte) CHARACTERISTICS);
        zeroTo(out, start + LONG_PAGE_BYTES);
      }
      case LOGICAL_BLOCK_PROVISIONING ->
          out.put((byte) 0).put((byte) PROVISIONING).put((byte) THIN).put((byte) 0);
      // No referrals, as the extended INQUIRY data says: no segments.
      case REFERRALS -> zeroTo(out, start + REFERRALS_BYTES);
      default -> {
        out.position(start);
        return false;
      }
    }
    out.putShort(start + 2, (short) (out.position() - start - HEADER_BYTES));
    return true;
  }

  private static void putExtendedInquiry(ByteBuffer out, int start) {
    out.put((byte) 0).put((byte) TASK_ATTRIBUTES).put((byte) VOLATILE_CACHE);
    out.put((byte) CLEARS_FOR_ONE_NEXUS);
    zeroTo(out, start + MAXIMUM_SENSE_LENGTH_AT);
    out.put((byte) Sense.DESCRIPTOR_BYTES_MAX);
    zeroTo(out, start + LONG_PAGE_BYTES);
  }

  private static void putPorts(ByteBuffer out, TargetPorts ports) {
    for (TargetPort port : ports.all()) {
      out.putShort((short) 0).putShort((short) port.relativeId());
      out.putShort((short) 0).putShort((short) 0); // no initiator port
      out.putShort((short) 0).putShort((short) 0);
      int start = out.position();
      Designators.putPortName(out, port);
      out.putShort(start - Short.BYTES, (short) (out.position() - start));
    }
  }

  private static void putBlockLimits(
      ByteBuffer out, int start, Geometry geometry, UnitOptions options) {
    int blocksMax = BlockLimits.TRANSFER_BYTES_MAX / geometry.blockSize();
    int granularity = geometry.physicalBlockSize() / geometry.blockSize();
    out.put((byte) (options.zeroLengthWriteSame() ? 0 : 1)); // WSNZ
    out.put((byte) BlockLimits.COMPARE_AND_WRITE_BLOCKS_MAX);
    out.putShort((short) granularity);
    out.putInt(blocksMax)
        .putInt(BlockLimits.OPTIMAL_TRANSFER_BYTES / geometry.blockSize())
        .putInt(0);
    out.putInt(BlockLimits.UNMAP_BLOCKS_MAX).putInt(BlockLimits.UNMAP_DESCRIPTORS_MAX);
    out.putInt(granularity).putInt(UNMAP_ALIGNMENT_VALID);
    out.putLong(blocksMax); // WRITE SAME: as long as one change can be
    // Every write is atomic, at any alignment; atomic boundaries are not supported.
    out.putInt(Math.min(blocksMax, BlockLimits.WRITE_ATOMIC_BLOCKS_MAX)).putInt(0).putInt(0);
    zeroTo(out, start + LONG_PAGE_BYTES);
  }

  private static void zeroTo(ByteBuffer out, int position) {
    while (out.position() < position) {
      out.put((byte) 0);
    }
  }
}
