package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.Digest;

/**
 * What a login has agreed on, RFC 7143 section 13.
 *
 * @param sendSegmentBytesMax the initiator's MaxRecvDataSegmentLength
 */
record SessionParameters(
    Digest headerDigest,
    Digest dataDigest,
    boolean initialR2t,
    boolean immediateData,
    int sendSegmentBytesMax,
    int burstBytesMax,
    int firstBurstBytesMax,
    int outstandingR2tMax) {

  SessionParameters withSendSegmentBytesMax(int bytes) {
    return new SessionParameters(
        headerDigest,
        dataDigest,
        initialR2t,
        immediateData,
        bytes,
        burstBytesMax,
        firstBurstBytesMax,
        outstandingR2tMax);
  }
}
