package io.everwhen.target.iscsi;

/**
 * What the first login of a session has agreed on for all its connections, RFC 7143 section 13.
 *
 * @param connectionsMax MaxConnections
 */
record SessionParameters(
    int connectionsMax,
    boolean initialR2t,
    boolean immediateData,
    int burstBytesMax,
    int firstBurstBytesMax,
    int outstandingR2tMax) {}
