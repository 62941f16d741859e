package io.everwhen.appliance.config;

import java.time.Duration;

/**
 * How often a snapshot is made of what has changed since the last one.
 *
 * @param every how long after it
 * @param keep how many of these are kept of one journal; the oldest are deleted
 */
public record SnapshotConfig(Duration every, int keep) {

  /** There is room left for those that are made by command. */
  public static final int KEEP_MOST = 900;

  private static final Duration EVERY_LEAST = Duration.ofSeconds(1);
  private static final Duration EVERY_MOST = Duration.ofDays(365);

  public SnapshotConfig {
    if (every.compareTo(EVERY_LEAST) < 0 || every.compareTo(EVERY_MOST) > 0) {
      throw new IllegalArgumentException("every: from a second to a year");
    }
    if (keep < 1 || keep > KEEP_MOST) {
      throw new IllegalArgumentException("keep: from 1 to " + KEEP_MOST);
    }
  }

  @Override
  public String toString() {
    return "every %s, the last %d are kept".formatted(Durations.text(every), keep);
  }
}
