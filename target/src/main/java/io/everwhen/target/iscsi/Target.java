package io.everwhen.target.iscsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.scsi.DiskIdentity;
import java.util.Locale;

/**
 * What an initiator can log in to.
 *
 * @param name iSCSI name, in lower case: {@code iqn.…}, {@code eui.…} or {@code naa.…}, at most 223
 *     bytes
 * @param identity by what the disk is recognised over restarts
 * @param disk served as LUN 0; the target does not close it
 * @param access who may use it
 */
public record Target(String name, DiskIdentity identity, BlockDevice disk, Access access) {

  /** Longest iSCSI name, RFC 7143 section 4.2.7.1. */
  public static final int NAME_CHARACTERS_MAX = 223;

  /** A target that anyone may use. */
  public Target(String name, DiskIdentity identity, BlockDevice disk) {
    this(name, identity, disk, Access.OPEN);
  }

  public Target {
    boolean prefixed =
        name.startsWith("iqn.") || name.startsWith("eui.") || name.startsWith("naa.");
    boolean plain =
        name.chars()
            .allMatch(c -> c == '-' || c == '.' || c == ':' || Character.isLetterOrDigit(c));
    if (!prefixed
        || !plain
        || name.length() > NAME_CHARACTERS_MAX
        || !name.equals(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          "an iSCSI name starts with iqn., eui. or naa., has at most "
              + NAME_CHARACTERS_MAX
              + " lower-case letters, digits, and - . :, unlike: "
              + name);
    }
  }
}
