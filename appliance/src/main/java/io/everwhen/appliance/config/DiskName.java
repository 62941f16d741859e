package io.everwhen.appliance.config;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The name of a disk. It is the end of the disk's iSCSI name (RFC 3722: lower case only) and the
 * name of its directory.
 *
 * @param value 1 to {@value #MAX_LENGTH} lower-case letters, digits, dots and hyphens, a letter or
 *     digit at either end
 */
public record DiskName(String value) {

  /** Characters in the longest name. */
  public static final int MAX_LENGTH = 64;

  /** What stands before the name in the disk's iSCSI qualified name. */
  public static final String IQN_PREFIX = "iqn.2026-11.io.everwhen:";

  private static final Pattern VALID = Pattern.compile("[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

  public DiskName {
    if (value.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "a disk's name has at most "
              + MAX_LENGTH
              + " characters; '"
              + value
              + "' has "
              + value.length());
    }
    if (!VALID.matcher(value).matches()) {
      String lower = value.toLowerCase(Locale.ROOT);
      throw new IllegalArgumentException(
          VALID.matcher(lower).matches()
              ? "a disk's name is lower case, as iSCSI names are: write '"
                  + lower
                  + "' instead of '"
                  + value
                  + "'"
              : "not a disk's name: '"
                  + value
                  + "'; use lower-case letters, digits, '.' and '-',"
                  + " with a letter or digit at either end");
    }
  }

  /** The iSCSI qualified name of the disk's target. */
  public String iqn() {
    return IQN_PREFIX + value;
  }

  @Override
  public String toString() {
    return value;
  }
}
