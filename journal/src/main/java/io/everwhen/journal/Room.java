package io.everwhen.journal;

import org.jspecify.annotations.Nullable;

/**
 * How much of its room a journal has used.
 *
 * @param bound what it will come up against first
 * @param usedPercent how much of that is used; more than 100 when it is exceeded
 * @param level the highest of {@link RoomWatch#LEVELS} that was reached, and not left again by
 *     much; 0 below all of them
 * @param alarm what somebody should know and do; null when the level is 0
 */
public record Room(Bound bound, int usedPercent, int level, @Nullable String alarm) {

  /** What ends a journal's growth. */
  public enum Bound {
    /** The size that it may have. What is more is folded, and the horizon moves. */
    SIZE,
    /** The space on its volume. When it is used up and folding frees none, writes are refused. */
    VOLUME
  }
}
