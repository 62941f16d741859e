package io.everwhen.appliance.config;

import io.everwhen.target.iscsi.PortalOptions;
import io.everwhen.target.iscsi.Targets;

/**
 * What initiators may take together.
 *
 * @param sessions with all targets
 * @param writeBytes memory for write data of all connections
 * @param verifyBytesPerSecond what the background verification reads of all histories together; 0
 *     when it is off
 * @param pastDisks how many past disks are open at once
 * @param keepsAwake whether processors do not sleep deeply while initiators wait, where the system
 *     lets us ask for that
 * @param portal of one portal, apart from what its {@link PortalConfig} says
 */
public record LimitsConfig(
    int sessions,
    long writeBytes,
    long verifyBytesPerSecond,
    int pastDisks,
    boolean keepsAwake,
    PortalOptions portal) {

  /** Reads 16 GiB, twice each byte, in little more than an hour. */
  private static final long VERIFY_BYTES_PER_SECOND = 8 << 20;

  private static final int PAST_DISKS = 16;
  private static final int PAST_DISKS_MAX = 256;

  /** What is good for most. */
  public static final LimitsConfig DEFAULT =
      new LimitsConfig(
          4096,
          Targets.WRITE_BYTES_USUAL,
          VERIFY_BYTES_PER_SECOND,
          PAST_DISKS,
          true,
          PortalOptions.DEFAULTS);

  private static final int SESSIONS_MAX = 0xffff;

  public LimitsConfig {
    if (verifyBytesPerSecond < 0) {
      throw new IllegalArgumentException("verify_rate: not negative");
    }
    if (pastDisks < 0 || pastDisks > PAST_DISKS_MAX) {
      throw new IllegalArgumentException(
          "past_disks: 0 to " + PAST_DISKS_MAX + ", not " + pastDisks);
    }
    if (sessions < 1 || sessions > SESSIONS_MAX) {
      throw new IllegalArgumentException("sessions: 1 to " + SESSIONS_MAX + ", not " + sessions);
    }
    if (writeBytes < Targets.WRITE_BYTES_LEAST || writeBytes > Targets.WRITE_BYTES_MOST) {
      throw new IllegalArgumentException(
          "write_memory: %s to %s, not %s"
              .formatted(
                  new ByteSize(Targets.WRITE_BYTES_LEAST),
                  new ByteSize(Targets.WRITE_BYTES_MOST),
                  new ByteSize(writeBytes)));
    }
  }
}
