package io.everwhen.appliance.testing;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * One change of a disk that a test asks for. Its payload is made from a seed when it is needed, so
 * that thousands of them take no memory.
 *
 * @param kind what is asked for
 * @param offset the first byte
 * @param length bytes, more than 0
 * @param fua whether a write asks to be on stable storage at once
 * @param seed what the payload is made from
 */
public record Change(Kind kind, long offset, int length, boolean fua, long seed) {

  /** What a change asks for. */
  public enum Kind {
    /** WRITE(16). */
    WRITE,
    /** UNMAP. */
    UNMAP,
    /** WRITE SAME(16) of a block of zeros. */
    WRITE_SAME_ZERO
  }

  /** The bytes that the extent has after the change. */
  public byte[] payload() {
    byte[] bytes = new byte[length];
    if (kind == Kind.WRITE) {
      new SplittableRandom(seed).nextBytes(bytes);
    }
    return bytes;
  }

  /** Does it to {@code image}, an oracle's idea of the disk. */
  public void applyTo(byte[] image) {
    int from = Math.toIntExact(offset);
    if (kind == Kind.WRITE) {
      System.arraycopy(payload(), 0, image, from, length);
    } else {
      Arrays.fill(image, from, from + length, (byte) 0);
    }
  }

  /** Asks {@code initiator} to do it; returns when it is acknowledged. */
  public void sendTo(LibiscsiInitiator initiator) throws InitiatorException {
    long block = offset / initiator.blockSize();
    int blocks = length / initiator.blockSize();
    switch (kind) {
      case WRITE -> initiator.write(block, payload(), fua);
      case UNMAP -> initiator.unmap(block, blocks);
      case WRITE_SAME_ZERO ->
          initiator.writeSame(block, blocks, new byte[initiator.blockSize()], false);
    }
  }
}
