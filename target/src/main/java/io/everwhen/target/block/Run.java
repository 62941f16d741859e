package io.everwhen.target.block;

/**
 * Blocks that are alike: they may hold data, or they read as zeros and take no space.
 *
 * @param blocks how many, at least 1
 * @param mapped whether they may hold data
 */
public record Run(long blocks, boolean mapped) {

  public Run {
    if (blocks < 1) {
      throw new IllegalArgumentException("a run of " + blocks + " blocks");
    }
  }
}
