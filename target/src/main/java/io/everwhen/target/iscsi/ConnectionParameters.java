package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.Digest;

/**
 * What each login agrees on for its connection alone, RFC 7143 section 13.
 *
 * @param sendSegmentBytesMax the initiator's MaxRecvDataSegmentLength
 */
record ConnectionParameters(Digest headerDigest, Digest dataDigest, int sendSegmentBytesMax) {}
