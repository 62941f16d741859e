package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/** The Third-party Copy page of vital product data, 8Fh; SPC-4 section 7.8.17. */
final class ThirdPartyCopyPage {

  private static final int BLOCK_DEVICE_TOKEN_LIMITS = 0x0000;
  private static final int SUPPORTED_COMMANDS = 0x0001;
  private static final int PARAMETER_DATA = 0x0004;
  private static final int SUPPORTED_DESCRIPTORS = 0x0008;
  private static final int SUPPORTED_TARGET_IDENTIFIERS = 0x000c;
  private static final int TOKEN_FEATURES = 0x0106;
  private static final int SUPPORTED_TOKENS = 0x0108;
  private static final int GENERAL_COPY_OPERATIONS = 0x8001;

  private static final byte[] COMMANDS = {
    (byte) OperationCode.THIRD_PARTY_COPY_OUT,
    3,
    OperationCode.EXTENDED_COPY_LID1,
    OperationCode.POPULATE_TOKEN,
    OperationCode.WRITE_USING_TOKEN,
    (byte) OperationCode.THIRD_PARTY_COPY_IN,
    4,
    CopyResults.COPY_STATUS,
    CopyResults.OPERATING_PARAMETERS,
    CopyResults.FAILED_SEGMENT_DETAILS,
    OperationCode.RECEIVE_ROD_TOKEN_INFORMATION
  };

  /** No remote tokens, and reserved bytes. */
  private static final int NO_REMOTE_TOKENS = 12;

  private static final int RESERVED_BEHIND_LIFETIMES = 18;
  private static final int BLOCK_DEVICE_FEATURES_BYTES = 48;
  private static final int RESERVED_BEHIND_FEATURES = 8;
  private static final int TOKEN_TYPE_BYTES = 64;

  /** TOKEN_OUT: POPULATE TOKEN gives it; TOKEN_IN: WRITE USING TOKEN takes it. */
  private static final int TOKEN_OUT = 0x01;

  private static final int TOKEN_IN = 0x02;

  private static final int RESERVED_BEFORE_PARAMETERS = 4;
  private static final int RESERVED_BEHIND_PARAMETERS = 12;
  private static final int RESERVED_BEHIND_OPERATIONS = 18;

  private ThirdPartyCopyPage() {}

  /** Appends what follows the page's header. */
  static void put(ByteBuffer out, int blockSize) {
    putTokenLimits(out, blockSize);
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

    putTokenFeatures(out);
    start = begin(out, GENERAL_COPY_OPERATIONS);
    out.putInt(CopyLimits.RESULTS_MAX).putInt(CopyLimits.RESULTS_MAX);
    out.putInt(CopyLimits.SEGMENT_BYTES_MAX);
    out.put((byte) CopyResults.GRANULARITY_BITS).put((byte) 0);
    end(out.put(new byte[RESERVED_BEHIND_OPERATIONS]), start);
  }

  /** What Windows looks for before it copies by tokens; SBC-3 section 6.6.7. */
  private static void putTokenLimits(ByteBuffer out, int blockSize) {
    int start = begin(out, BLOCK_DEVICE_TOKEN_LIMITS);
    long blocks = CopyLimits.TOKEN_TRANSFER_BYTES_MAX / blockSize;
    out.put(new byte[6]).putShort((short) CopyLimits.RANGES_MAX);
    out.putInt(CopyLimits.TOKEN_SECONDS_MAX).putInt(CopyLimits.TOKEN_SECONDS_DEFAULT);
    end(out.putLong(blocks).putLong(blocks), start);
  }

  private static void putTokenFeatures(ByteBuffer out) {
    int start = begin(out, TOKEN_FEATURES);
    out.put(new byte[NO_REMOTE_TOKENS]);
    out.putInt(1).putInt(CopyLimits.TOKEN_SECONDS_MAX).putInt(CopyLimits.TOKEN_SECONDS_MAX);
    out.put(new byte[RESERVED_BEHIND_LIFETIMES]);
    out.putShort((short) BLOCK_DEVICE_FEATURES_BYTES).putShort((short) 0);
    out.putShort((short) (BLOCK_DEVICE_FEATURES_BYTES - Integer.BYTES));
    out.putInt(0); // no granularity
    out.putLong(CopyLimits.TOKEN_TRANSFER_BYTES_MAX).putLong(CopyLimits.TOKEN_TRANSFER_BYTES_MAX);
    out.putLong(CopyLimits.TOKEN_TRANSFER_BYTES_MAX).putLong(CopyLimits.SEGMENT_BYTES_MAX);
    end(out.put(new byte[RESERVED_BEHIND_FEATURES]), start);

    start = begin(out, SUPPORTED_TOKENS);
    out.putShort((short) 0).putShort((short) (2 * TOKEN_TYPE_BYTES));
    putTokenType(out, RodTokens.POINT_IN_TIME_VULNERABLE, TOKEN_IN | TOKEN_OUT);
    putTokenType(out, RodTokens.BLOCK_DEVICE_ZERO, TOKEN_IN);
    end(out, start);
  }

  private static void putTokenType(ByteBuffer out, int type, int flags) {
    int end = out.position() + TOKEN_TYPE_BYTES;
    out.putInt(type).put((byte) flags);
    out.put(new byte[end - out.position()]);
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
