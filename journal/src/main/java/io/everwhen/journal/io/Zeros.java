package io.everwhen.journal.io;

import java.nio.ByteBuffer;

/** Runs of zeros in buffers. */
public final class Zeros {

  private Zeros() {}

  /** Fills what remains of a buffer with zeros. */
  public static void fill(ByteBuffer into) {
    while (into.remaining() >= Long.BYTES) {
      into.putLong(0);
    }
    while (into.hasRemaining()) {
      into.put((byte) 0);
    }
  }
}
