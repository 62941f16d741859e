package io.everwhen.target.block;

/**
 * The shape of a disk.
 *
 * @param blockSize bytes of a logical block: 512 or 4096
 * @param physicalBlockSize bytes that the disk prefers to write at once: a power of two, at least
 *     {@code blockSize}
 * @param blockCount logical blocks on the disk, at least 1
 */
public record Geometry(int blockSize, int physicalBlockSize, long blockCount) {

  /** The largest disk, in bytes: 64 TiB. */
  public static final long MAX_BYTES = 64L << 40;

  public Geometry {
    if (blockSize != 512 && blockSize != 4096) {
      throw new IllegalArgumentException("the block size is 512 or 4096 bytes, not " + blockSize);
    }
    if (physicalBlockSize < blockSize || Integer.bitCount(physicalBlockSize) != 1) {
      throw new IllegalArgumentException(
          "the physical block size is a power of two of at least "
              + blockSize
              + " bytes, not "
              + physicalBlockSize);
    }
    if (blockCount < 1 || blockCount > MAX_BYTES / blockSize) {
      throw new IllegalArgumentException(
          "a disk has 1 to " + MAX_BYTES / blockSize + " blocks, not " + blockCount);
    }
  }

  /** Bytes on the disk. */
  public long byteCount() {
    return blockCount * blockSize;
  }

  /**
   * Whether {@code [block, block + count)} lies on the disk; safe against overflow, false for
   * negative values.
   */
  public boolean contains(long block, long count) {
    return block >= 0 && count >= 0 && block <= blockCount && count <= blockCount - block;
  }
}
