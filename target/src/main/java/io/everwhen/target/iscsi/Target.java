package io.everwhen.target.iscsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.scsi.LogicalUnit;
import io.everwhen.target.scsi.LunMap;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an initiator can log in to.
 *
 * <p>Rules are looked through in order, and the first whose {@link Access} admits the initiator's
 * name and address counts: by it the initiator has to prove who it is, and sees the disks of its
 * LUN map. Whom no rule admits neither discovers the target nor logs in to it. A disk is one {@link
 * LogicalUnit}, however many rules of however many targets lead to it.
 *
 * @param name iSCSI name, in lower case: {@code iqn.…}, {@code eui.…} or {@code naa.…}, at most 223
 *     bytes
 * @param rules who may use it, and what they see
 */
public record Target(String name, List<AccessRule> rules) {

  /** Longest iSCSI name, RFC 7143 section 4.2.7.1. */
  public static final int NAME_CHARACTERS_MAX = 223;

  /** A target with one disk, LUN 0, that anyone may use. */
  public Target(String name, DiskIdentity identity, BlockDevice disk) {
    this(name, identity, disk, Access.OPEN);
  }

  /** A target with one disk, LUN 0. */
  public Target(String name, DiskIdentity identity, BlockDevice disk, Access access) {
    this(name, List.of(new AccessRule(access, LunMap.of(new LogicalUnit(disk, identity)))));
  }

  public Target {
    rules = List.copyOf(rules);
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

  /** The rule that counts for an initiator that says this name and comes from there, or null. */
  @Nullable AccessRule rule(String initiator, InetAddress from) {
    return rules.stream()
        .filter(rule -> rule.access().admits(initiator, from))
        .findFirst()
        .orElse(null);
  }
}
