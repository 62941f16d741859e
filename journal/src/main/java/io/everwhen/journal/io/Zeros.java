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

  /** Whether all bytes from {@code from} to {@code to} are zeros; both are multiples of 8. */
  public static boolean only(ByteBuffer bytes, int from, int to) {
    for (int i = from; i < to; i += Long.BYTES) {
      if (bytes.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
