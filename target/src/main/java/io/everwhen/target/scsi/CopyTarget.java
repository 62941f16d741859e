package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/**
 * An identification target descriptor of EXTENDED COPY, type E4h: a logical unit by one of its
 * designators; SPC-4 section 6.4.5.4.
 *
 * @param designatorType as in the Device Identification page
 * @param pads PAD: a last block that is not full is filled up, or its rest dropped
 * @param blockSize what the initiator takes the unit's block size for; 0 if it does not say
 */
record CopyTarget(int designatorType, ByteBuffer designator, boolean pads, int blockSize) {

  static final int IDENTIFICATION = 0xe4;
  static final int BYTES = 32;

  private static final int DESIGNATOR_BYTES_MAX = 20;
  private static final int PAD = 0x04;

  /** Reads a descriptor, all of which is there. */
  static CopyTarget parse(ByteBuffer in, int at) {
    int length = Math.min(in.get(at + 7) & 0xff, DESIGNATOR_BYTES_MAX);
    int parameters = in.getInt(at + 28);
    return new CopyTarget(
        in.get(at + 5) & 0x0f,
        in.slice(at + 8, length),
        (parameters >>> 24 & PAD) != 0,
        parameters & 0xffffff);
  }
}
