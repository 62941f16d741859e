package io.everwhen.target.iscsi;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * A session of an initiator with a target.
 *
 * @param initiator iSCSI name
 * @param addresses where the initiator's connections come from, one each
 */
public record SessionStatus(String initiator, List<InetSocketAddress> addresses) {}
