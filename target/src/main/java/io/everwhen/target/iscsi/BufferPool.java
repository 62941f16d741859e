package io.everwhen.target.iscsi;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Direct buffers for write data, in sizes of powers of two, shared by all connections of a portal.
 * Any thread may call it. Keeps at most {@link Limits#POOLED_BYTES_MAX} for reuse; who may hold how
 * much is not its business.
 */
final class BufferPool {

  private static final int SMALLEST_BITS = 12;

  private final List<ArrayDeque<ByteBuffer>> free =
      IntStream.range(0, Integer.SIZE).mapToObj(_ -> new ArrayDeque<ByteBuffer>()).toList();
  private long freeBytes;

  /** A buffer of at least {@code bytes}, cleared, with its limit there. */
  ByteBuffer acquire(int bytes) {
    int bits =
        Math.max(
            SMALLEST_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(bytes, 1) - 1));
    ByteBuffer buffer;
    synchronized (this) {
      buffer = free.get(bits).pollLast();
      if (buffer != null) {
        freeBytes -= buffer.capacity();
      }
    }
    return (buffer == null ? ByteBuffer.allocateDirect(1 << bits) : buffer).clear().limit(bytes);
  }

  void release(ByteBuffer buffer) {
    synchronized (this) {
      if (freeBytes + buffer.capacity() <= Limits.POOLED_BYTES_MAX) {
        free.get(Integer.numberOfTrailingZeros(buffer.capacity())).addLast(buffer);
        freeBytes += buffer.capacity();
      }
    }
  }
}
