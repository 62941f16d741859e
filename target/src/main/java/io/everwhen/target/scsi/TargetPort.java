package io.everwhen.target.scsi;

/**
 * A SCSI target port, through which initiators reach logical units; SAM-5 section 4.6.4.
 *
 * @param name SCSI name string, SPC-4 section 7.8.6.11; for iSCSI the target's name, then {@code
 *     ,t,0x} and the portal group tag, RFC 7143 section 4.2.7.1
 * @param relativeId relative target port identifier, 1 to 65535, unique within a target
 * @param group target port group, 0 to 65535: ports of one group have the same access state
 */
public record TargetPort(String name, int relativeId, int group) {

  private static final String PORTAL_GROUP = ",t,0x";
  private static final int UINT_16_MAX = 0xffff;

  public TargetPort {
    if (relativeId < 1 || relativeId > UINT_16_MAX || group < 0 || group > UINT_16_MAX) {
      throw new IllegalArgumentException(
          "a target port has an identifier from 1 to 65535 and a group from 0 to 65535, not "
              + relativeId
              + " and "
              + group);
    }
  }

  /**
   * The port that an iSCSI portal group is. All of them have the same access to a disk, so they are
   * one target port group.
   *
   * @param target iSCSI name
   * @param tag portal group tag, 1 to 65535
   */
  public static TargetPort ofPortalGroup(String target, int tag) {
    return new TargetPort("%s%s%04x".formatted(target, PORTAL_GROUP, tag), tag, 1);
  }

  /** The name of the target that it belongs to. */
  String deviceName() {
    int at = name.lastIndexOf(PORTAL_GROUP);
    return at < 0 ? name : name.substring(0, at);
  }
}
