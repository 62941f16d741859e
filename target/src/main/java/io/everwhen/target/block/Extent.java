package io.everwhen.target.block;

/**
 * A run of blocks.
 *
 * @param block the first one
 * @param count how many, at least 0
 */
public record Extent(long block, long count) {

  public Extent {
    if (block < 0 || count < 0) {
      throw new IllegalArgumentException("not an extent: " + count + " blocks from " + block);
    }
  }
}
