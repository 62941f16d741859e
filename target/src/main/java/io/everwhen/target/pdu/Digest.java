package io.everwhen.target.pdu;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The digest of a header or a data segment: none, or CRC32C, RFC 7143 section 13.1. */
public enum Digest {
  NONE,
  CRC32C;

  /** Bytes that a digest takes on the wire. */
  static final int BYTES = 4;

  /** Bytes that this one takes. */
  int bytes() {
    return this == NONE ? 0 : BYTES;
  }

  /** CRC32C of a region, as the integer that the wire carries in big-endian reading order. */
  static int crc(CRC32C crc, ByteBuffer buffer, int at, int length) {
    crc.reset();
    int position = buffer.position();
    int limit = buffer.limit();
    buffer.limit(at + length).position(at);
    crc.update(buffer);
    buffer.limit(limit).position(position);
    // The CRC's least significant byte travels first.
    return Integer.reverseBytes((int) crc.getValue());
  }
}
