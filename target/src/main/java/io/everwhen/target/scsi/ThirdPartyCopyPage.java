package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/** The Third-party Copy page of vital product data, 8Fh; SPC-4 section 7.8.17. */
final class ThirdPartyCopyPage {

  private static final int SUPPORTED_COMMANDS = 0x0001;
  private static final int PARAMETER_DATA = 0x0004;
  private static final int SUPPORTED_DESCRIPTORS = 0x0008;
  private static final int SUPPORTED_TARGET_IDENTIFIERS = 0x000c;
  private static final int GENERAL_COPY_OPERATIONS = 0x8001;

  private static final byte[] COMMANDS = {
    (byte) OperationCode.THIRD_PARTY_COPY_OUT,
    1,
    OperationCode.EXTENDED_COPY_LID1,
    (byte) OperationCode.THIRD_PARTY_COPY_IN,
    3,
    CopyResults.COPY_STATUS,
    CopyResults.OPERATING_PARAMETERS,
    CopyResults.FAILED_SEGMENT_DETAILS
  };

  private static final int RESERVED_BEFORE_PARAMETERS = 4;
  private static final int RESERVED_BEHIND_PARAMETERS = 12;
  private static final int RESERVED_BEHIND_OPERATIONS = 18;

  private ThirdPartyCopyPage() {}

  /** Appends what follows the page's header. */
  static void put(ByteBuffer out) {
    int start = begin(out, SUPPORTED_COMMANDS);
    out.put((byte) COMMANDS.length).put(COMMANDS);
    end(out, start);

    start = begin(out, PARAMETER_DATA);
    out.put(new byte[RESERVED_BEFORE_PARAMETERS])
        .putShort((short) CopyLimits.TARGETS_MAX)
        .putShort((short) CopyLimits.SEGMENTS_MAX);
    out.putInt(CopyLimits.DESCRIPTOR_BYTES_MAX).putInt(0);
    end(out.put(new byte[RESERVED_BEHIND_PARAMETERS]), start);

    start = begin(out, SUPPORTED_DESCRIPTORS);
    out.put((byte) CopyResults.DESCRIPTORS.length);
    for (int descriptor : CopyResults.DESCRIPTORS) {
      out.put((byte) descriptor);
    }
    end(out, start);

    start = begin(out, SUPPORTED_TARGET_IDENTIFIERS);
    end(out.putShort((short) Short.BYTES).putShort((short) CopyManager.THIS_UNIT), start);

    start = begin(out, GENERAL_COPY_OPERATIONS);
    out.putInt(CopyLimits.RESULTS_MAX).putInt(CopyLimits.RESULTS_MAX);
    out.putInt(CopyLimits.SEGMENT_BYTES_MAX);
    out.put((byte) CopyResults.GRANULARITY_BITS).put((byte) 0);
    end(out.put(new byte[RESERVED_BEHIND_OPERATIONS]), start);
  }

  /** Begins a third-party copy descriptor. */
  private static int begin(ByteBuffer out, int type) {
    out.putShort((short) type).putShort((short) 0);
    return out.position();
  }

  /** Ends the descriptor whose content starts there: fills it up to 4 bytes and says its length. */
  private static void end(ByteBuffer out, int start) {
    while ((out.position() - start) % Integer.BYTES != 0) {
      out.put((byte) 0);
    }
    out.putShort(start - Short.BYTES, (short) (out.position() - start));
  }
}
