package io.everwhen.target.iscsi;

import java.net.InetSocketAddress;

/**
 * A session of an initiator with a target.
 *
 * @param initiator iSCSI name
 * @param address where the initiator's connection comes from
 */
public record SessionStatus(String initiator, InetSocketAddress address) {}
