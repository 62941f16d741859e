package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.restore.plan.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The end of a target's name that names a disk and an instant: {@code DISK:INSTANT}, or {@code
 * DISK@INSTANT}. The characters of an iSCSI name (RFC 3722) are few, so an instant is {@code
 * seq-4711}, {@code mark-NAME}, {@code snapshot-NAME}, {@code now}, or a time in UTC such as {@code
 * 20261127t101500z}; or anything else that an instant may look like, as far as an initiator sends
 * it.
 *
 * @param disk which disk
 * @param instant as it was written
 */
record PastName(DiskName disk, String instant) {

  private static final Pattern NAME = Pattern.compile("([^:@]+)[:@](.+)");
  private static final Pattern COMPACT =
      Pattern.compile("(\\d{4})(\\d\\d)(\\d\\d)t(\\d\\d)(\\d\\d)(\\d\\d)z");

  /**
   * What a target's name means, if it is one of these.
   *
   * @param target in lower case
   */
  static Optional<PastName> of(String target) {
    Matcher name =
        NAME.matcher(
            target.startsWith(DiskName.IQN_PREFIX)
                ? target.substring(DiskName.IQN_PREFIX.length())
                : "");
    try {
      return name.matches()
          ? Optional.of(new PastName(new DiskName(name.group(1)), name.group(2)))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The name of the target that is served: one for all ways to write it that are alike. */
  String target() {
    return disk.iqn() + ":" + instant.replaceFirst("^(seq|mark|snapshot):", "$1-");
  }

  /**
   * The instant.
   *
   * @throws IllegalArgumentException when it cannot be understood
   */
  Instant at(long nowNanos) {
    return Instant.parse(text(), nowNanos, ZoneOffset.UTC);
  }

  private String text() {
    Matcher compact = COMPACT.matcher(instant);
    if (compact.matches()) {
      return compact.replaceFirst("$1-$2-$3T$4:$5:$6Z");
    }
    for (String kind : List.of("seq", "mark", "snapshot")) {
      if (instant.startsWith(kind + "-")) {
        return instant.replaceFirst("-", ":");
      }
    }
    boolean time = Character.isDigit(instant.charAt(0)) && !instant.endsWith("ago");
    return time ? instant.toUpperCase(Locale.ROOT) : instant;
  }
}
