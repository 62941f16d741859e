package io.everwhen.restore.plan;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Times as they are shown: ISO 8601, UTC, to the nanosecond, so that they can be pasted back. */
public final class Times {

  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);

  private Times() {}

  /** The text of a stamp. */
  public static String text(long nanos) {
    return FORMAT.format(
        java.time.Instant.ofEpochSecond(
            Math.floorDiv(nanos, Instant.SECOND_NANOS),
            Math.floorMod(nanos, Instant.SECOND_NANOS)));
  }
}
