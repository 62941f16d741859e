package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.BlockLimits;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How a portal serves, and what its connections may take. Start from {@link #DEFAULTS}.
 *
 * @param group portal group tag, 1 to 65535: the connections of one session come over portals of
 *     one group, RFC 7143 section 4.4.1
 * @param advertised where initiators are told to find the portal, or null: where they came in. For
 *     one that is reached through an address of something else; it need not resolve here
 * @param connectionsPerAddressMax connections of one address, logged in or not, 1 to 65536; one
 *     more is turned away
 * @param loginSecondsMax from connecting to full feature phase, 1 to 300
 * @param pingAfterSeconds silence after which an initiator is pinged, 1 to 3600
 * @param deadAfterSeconds silence after which it is taken for dead, more than {@code
 *     pingAfterSeconds}, up to 7200
 * @param transferBytesMax memory for write data that one connection assembles from several PDUs,
 *     beyond first bursts; 16 MiB to 1 GiB
 * @param congestionControl by what the system decides how fast it sends to initiators
 */
public record PortalOptions(
    int group,
    @Nullable InetSocketAddress advertised,
    int connectionsPerAddressMax,
    int loginSecondsMax,
    int pingAfterSeconds,
    int deadAfterSeconds,
    int transferBytesMax,
    CongestionControl congestionControl) {

  /** What is good for most. */
  public static final PortalOptions DEFAULTS =
      new PortalOptions(1, null, 1024, 15, 30, 60, 32 << 20, CongestionControl.AUTO);

  private static final int UINT_16_MAX = 0xffff;
  private static final int CONNECTIONS_MAX = 1 << 16;
  private static final int LOGIN_SECONDS_MAX = 300;
  private static final int PING_SECONDS_MAX = 3600;
  private static final int DEAD_SECONDS_MAX = 7200;
  private static final int TRANSFER_BYTES_MAX = 1 << 30;

  public PortalOptions {
    check("a portal group tag", group, 1, UINT_16_MAX);
    check("connections of an address", connectionsPerAddressMax, 1, CONNECTIONS_MAX);
    check("seconds for a login", loginSecondsMax, 1, LOGIN_SECONDS_MAX);
    check("seconds before a ping", pingAfterSeconds, 1, PING_SECONDS_MAX);
    check("seconds before the end", deadAfterSeconds, pingAfterSeconds + 1L, DEAD_SECONDS_MAX);
    check(
        "bytes of write data",
        transferBytesMax,
        BlockLimits.TRANSFER_BYTES_MAX,
        TRANSFER_BYTES_MAX);
  }

  private static void check(String what, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s: %d, but must be %d to %d".formatted(what, value, min, max));
    }
  }

  /** The same, in another portal group. */
  public PortalOptions inGroup(int tag) {
    return new PortalOptions(
        tag,
        advertised,
        connectionsPerAddressMax,
        loginSecondsMax,
        pingAfterSeconds,
        deadAfterSeconds,
        transferBytesMax,
        congestionControl);
  }

  /** The same, but initiators are told another address. */
  public PortalOptions advertising(InetSocketAddress address) {
    return new PortalOptions(
        group,
        address,
        connectionsPerAddressMax,
        loginSecondsMax,
        pingAfterSeconds,
        deadAfterSeconds,
        transferBytesMax,
        congestionControl);
  }

  /** The same, with something else that decides how fast the system sends. */
  public PortalOptions with(CongestionControl congestion) {
    return new PortalOptions(
        group,
        advertised,
        connectionsPerAddressMax,
        loginSecondsMax,
        pingAfterSeconds,
        deadAfterSeconds,
        transferBytesMax,
        congestion);
  }
}
