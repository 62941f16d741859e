package io.everwhen.target.iscsi;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Direct buffers for write data, in sizes of powers of two, shared by all connections: a bounded
 * amount at once, and at most {@link Limits#POOLED_BYTES_MAX} kept for reuse. Any thread may call
 * it.
 *
 * <p>A connection gets what it asks for as long as it then holds no more than a part of what is
 * free. So however many hold all that they can get and give nothing back, something is left for the
 * next.
 */
final class BufferPool {

  private static final Logger log = LoggerFactory.getLogger(BufferPool.class);

  private static final int SMALLEST_BITS = 12;

  /** A connection may hold as much as the free bytes divided by this. */
  private static final int SHARE_OF_FREE = 4;

  private final List<ArrayDeque<ByteBuffer>> free =
      IntStream.range(0, Integer.SIZE).mapToObj(_ -> new ArrayDeque<ByteBuffer>()).toList();
  private long heldBytesMax = Limits.TRANSFERS_BYTES_MAX;
  private long freeBytes;
  private long heldBytes;

  /** What one connection holds. For the connection's thread. */
  final class Share {

    private long ownBytes;

    /**
     * A buffer of at least {@code bytes}, cleared, with its limit there; null if the connection
     * holds its part already.
     */
    @Nullable ByteBuffer acquire(int bytes) {
      ByteBuffer buffer = take(bytes, ownBytes);
      if (buffer != null) {
        ownBytes += buffer.capacity();
      }
      return buffer;
    }

    /** Takes back what {@link #acquire} gave; an empty buffer came from elsewhere. */
    void release(ByteBuffer buffer) {
      if (buffer.capacity() > 0) {
        ownBytes -= buffer.capacity();
        give(buffer);
      }
    }
  }

  /** Gives no more at once from now on; what is out already stays. */
  synchronized void heldBytesMax(long bytes) {
    heldBytesMax = bytes;
  }

  /** The share of one more connection, which holds nothing yet. */
  Share share() {
    return new Share();
  }

  private @Nullable ByteBuffer take(int bytes, long ownBytes) {
    int bits =
        Math.max(
            SMALLEST_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(bytes, 1) - 1));
    int size = 1 << bits;
    ByteBuffer buffer;
    synchronized (this) {
      if (ownBytes + size > (heldBytesMax - heldBytes) / SHARE_OF_FREE) {
        return null;
      }
      heldBytes += size;
      buffer = free.get(bits).pollLast();
      if (buffer != null) {
        freeBytes -= size;
      }
    }
    ByteBuffer taken = buffer == null ? allocate(size) : buffer;
    return taken == null ? null : taken.clear().limit(bytes);
  }

  /** Null if the machine's memory is less than was configured. */
  private @Nullable ByteBuffer allocate(int size) {
    try {
      return ByteBuffer.allocateDirect(size);
    } catch (OutOfMemoryError e) {
      log.warn("no memory for write data: {}; commands are answered BUSY", e.getMessage());
      synchronized (this) {
        heldBytes -= size;
      }
      return null;
    }
  }

  private synchronized void give(ByteBuffer buffer) {
    heldBytes -= buffer.capacity();
    if (freeBytes + buffer.capacity() <= Limits.POOLED_BYTES_MAX) {
      free.get(Integer.numberOfTrailingZeros(buffer.capacity())).addLast(buffer);
      freeBytes += buffer.capacity();
    }
  }
}
