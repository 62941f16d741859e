package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import java.nio.ByteBuffer;

/**
 * A login request, RFC 7143 section 11.12.
 *
 * @param transit whether the initiator is ready to leave {@code currentStage} for {@code nextStage}
 * @param more whether its text goes on in the next request
 * @param text the data segment, from position to limit
 */
record LoginRequest(
    boolean transit,
    boolean more,
    int currentStage,
    int nextStage,
    int versionMin,
    long isid,
    int tsih,
    int connectionId,
    ByteBuffer text) {

  static LoginRequest of(BasicHeader header, ByteBuffer data) {
    return new LoginRequest(
        header.hasFlag(BasicHeader.FINAL),
        header.hasFlag(BasicHeader.CONTINUE),
        header.flags() >> 2 & 3,
        header.flags() & 3,
        header.byteAt(3),
        header.isid(),
        header.tsih(),
        header.shortAt(20),
        data);
  }
}
