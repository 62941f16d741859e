package io.everwhen.target.scsi;

/**
 * The limits that every disk states in its Block Limits page, SBC-3 section 6.6.4, and keeps to.
 */
public final class BlockLimits {

  /** The longest transfer of one command, and so the largest single change with data. */
  public static final int TRANSFER_BYTES_MAX = 16 << 20;

  static final int OPTIMAL_TRANSFER_BYTES = 1 << 20;

  static final int COMPARE_AND_WRITE_BLOCKS_MAX = 128;

  /** Blocks of one WRITE ATOMIC(16): all that its CDB can say. */
  static final int WRITE_ATOMIC_BLOCKS_MAX = 0xffff;

  /** Blocks that one UNMAP may name, over all its descriptors. */
  static final int UNMAP_BLOCKS_MAX = 1 << 20;

  static final int UNMAP_DESCRIPTORS_MAX = 256;

  private BlockLimits() {}
}
