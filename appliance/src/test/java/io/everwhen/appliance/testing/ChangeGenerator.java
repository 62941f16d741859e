package io.everwhen.appliance.testing;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Random changes of a disk, no two of one extent, so that an entry of the timeline tells which
 * change it is.
 */
public final class ChangeGenerator {

  private static final int BLOCK_SIZE = 512;
  private static final int LARGEST_BLOCKS = 2048;

  private final SplittableRandom random;
  private final long diskBlocks;
  private final Set<Extent> used = new HashSet<>();

  /** The bytes of a change. */
  public record Extent(long offset, int length) {}

  /**
   * Changes of a disk of {@code diskBytes}, extents of 512 bytes to 1 MiB, sizes spread evenly over
   * the powers of two.
   */
  public ChangeGenerator(SplittableRandom random, long diskBytes) {
    this.random = random;
    this.diskBlocks = diskBytes / BLOCK_SIZE;
  }

  /** The next one. Any thread may ask. */
  public synchronized Change next() {
    while (true) {
      int blocks =
          (int)
              Math.min(
                  LARGEST_BLOCKS,
                  Math.max(1, Math.exp(random.nextDouble() * Math.log(LARGEST_BLOCKS + 1))));
      long block = random.nextLong(diskBlocks - blocks + 1);
      if (used.add(new Extent(block * BLOCK_SIZE, blocks * BLOCK_SIZE))) {
        Change.Kind kind =
            switch (random.nextInt(16)) {
              case 0 -> Change.Kind.UNMAP;
              case 1 -> Change.Kind.WRITE_SAME_ZERO;
              default -> Change.Kind.WRITE;
            };
        boolean fua = kind == Change.Kind.WRITE && random.nextInt(10) == 0;
        return new Change(kind, block * BLOCK_SIZE, blocks * BLOCK_SIZE, fua, random.nextLong());
      }
    }
  }
}
