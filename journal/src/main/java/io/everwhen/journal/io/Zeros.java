package io.everwhen.journal.io;

import java.nio.ByteBuffer;

/** Runs of zeros in buffers. */
public final class Zeros {

  private static final byte[] ZEROS = new byte[4096];
  private static final int COMPARED_BYTES = 64 << 10;

  /** Stays in the processor's cache while it is written again and again. */
  private static final ByteBuffer ZERO_BYTES = PageBuffers.allocate(256 << 10).asReadOnlyBuffer();

  private Zeros() {}

  /** Some of {@code bytes} zeros, as many as can be written at once; read-only. */
  public static ByteBuffer some(long bytes) {
    return ZERO_BYTES.slice(0, (int) Math.min(bytes, ZERO_BYTES.capacity()));
  }

  /** Fills what remains of a buffer with zeros. */
  public static void fill(ByteBuffer into) {
    while (into.hasRemaining()) {
      into.put(ZEROS, 0, Math.min(ZEROS.length, into.remaining()));
    }
  }

  /** Whether all bytes from {@code from} to {@code to} are zeros; both are multiples of 8. */
  public static boolean only(ByteBuffer bytes, int from, int to) {
    if (from < to && bytes.getLong(from) != 0) {
      return false; // as most of what holds anything
    }
    for (int at = from, length; at < to; at += length) {
      length = Math.min(COMPARED_BYTES, to - at);
      if (bytes.slice(at, length).mismatch(ZERO_BYTES.slice(0, length)) >= 0) {
        return false;
      }
    }
    return true;
  }
}
