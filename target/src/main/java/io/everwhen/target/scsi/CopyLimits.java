package io.everwhen.target.scsi;

/** What one third-party copy command may ask for; stated in RECEIVE COPY RESULTS and page 8Fh. */
final class CopyLimits {

  static final int TARGETS_MAX = 16;

  static final int SEGMENTS_MAX = 16;

  /** Bytes of target and segment descriptors together. */
  static final int DESCRIPTOR_BYTES_MAX = 2048;

  /** Bytes that one segment copies: as long as one change can be. */
  static final int SEGMENT_BYTES_MAX = BlockLimits.TRANSFER_BYTES_MAX;

  /** Ranges of one POPULATE TOKEN or WRITE USING TOKEN. */
  static final int RANGES_MAX = 64;

  /** Bytes that one token stands for, and that one command writes with it. */
  static final long TOKEN_TRANSFER_BYTES_MAX = 256 << 20;

  static final int TOKEN_SECONDS_DEFAULT = 60;

  static final int TOKEN_SECONDS_MAX = 600;

  /** Copies whose outcome a nexus can ask for. */
  static final int RESULTS_MAX = 16;

  private CopyLimits() {}
}
