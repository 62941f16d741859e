package io.everwhen.appliance.config;

import io.everwhen.target.iscsi.CongestionControl;
import org.jspecify.annotations.Nullable;

/**
 * One address where iSCSI is served.
 *
 * @param listen where to listen
 * @param group the tag of its portal group, RFC 7143 section 4.2.1: connections of one session may
 *     use all portals of one group. 1 to {@value #GROUP_MAX}
 * @param advertise what initiators are told to connect to, where that is another address: behind a
 *     translation of addresses, or a name; null for the address that they asked at
 * @param congestionControl by what the system decides how fast it sends to initiators
 */
public record PortalConfig(
    HostPort listen, int group, @Nullable HostPort advertise, CongestionControl congestionControl) {

  /** The highest tag: 16 bits. */
  public static final int GROUP_MAX = 0xffff;

  /** The tag where none is given. */
  public static final int DEFAULT_GROUP = 1;

  public PortalConfig {
    if (group < 1 || group > GROUP_MAX) {
      throw new IllegalArgumentException("a portal group is 1 to " + GROUP_MAX + ", not " + group);
    }
    if (advertise != null && advertise.port() == 0) {
      throw new IllegalArgumentException("nobody can connect to port 0 of " + advertise);
    }
  }

  /** A portal of the first group that is what it is. */
  public PortalConfig(HostPort listen) {
    this(listen, DEFAULT_GROUP, null, CongestionControl.AUTO);
  }

  @Override
  public String toString() {
    return listen.toString();
  }
}
