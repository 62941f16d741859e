package io.everwhen.journal.io;

import java.nio.ByteBuffer;

/** Runs of zeros in buffers. */
public final class Zeros {

  private static final byte[] ZEROS = new byte[4096];

  private Zeros() {}

  /** Fills what remains of a buffer with zeros. */
  public static void fill(ByteBuffer into) {
    while (into.hasRemaining()) {
      into.put(ZEROS, 0, Math.min(ZEROS.length, into.remaining()));
    }
  }
}
