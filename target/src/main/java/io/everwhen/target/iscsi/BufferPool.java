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

    /** Room for {@code bytes}; null if the connection holds its part already. */
    @Nullable Room room(int bytes) {
      int size = 1 << bits(bytes);
      if (!reserve(size, ownBytes)) {
        return null;
      }
      ownBytes += size;
      return new Room(this, size);
    }
  }

  /**
   * Room for write data. The memory behind it is taken when it is needed: who announces data and
   * sends none costs none. For the connection's thread.
   */
  final class Room {

    private final Share share;
    private final int size;
    private @Nullable ByteBuffer memory;
    private boolean released;

    private Room(Share share, int size) {
      this.share = share;
      this.size = size;
    }

    /** The memory if it was needed already. */
    @Nullable ByteBuffer used() {
      return memory;
    }

    /** The memory; null if the machine has less than was configured. */
    @Nullable ByteBuffer memory() {
      ByteBuffer taken = memory;
      if (taken == null) {
        taken = take(size);
        memory = taken;
      }
      return taken;
    }

    /** Gives it back. */
    void release() {
      if (!released) {
        released = true;
        share.ownBytes -= size;
        give(size, memory);
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

  private static int bits(int bytes) {
    return Math.max(
        SMALLEST_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(bytes, 1) - 1));
  }

  private synchronized boolean reserve(int size, long ownBytes) {
    if (ownBytes + size > (heldBytesMax - heldBytes) / SHARE_OF_FREE) {
      return false;
    }
    heldBytes += size;
    return true;
  }

  private @Nullable ByteBuffer take(int size) {
    ByteBuffer buffer;
    synchronized (this) {
      buffer = free.get(bits(size)).pollLast();
      if (buffer != null) {
        freeBytes -= size;
        return buffer.clear();
      }
    }
    try {
      return ByteBuffer.allocateDirect(size);
    } catch (OutOfMemoryError e) {
      log.warn("no memory for write data: {}; commands are answered BUSY", e.getMessage());
      return null;
    }
  }

  private synchronized void give(int size, @Nullable ByteBuffer memory) {
    heldBytes -= size;
    if (memory != null && freeBytes + size <= Limits.POOLED_BYTES_MAX) {
      free.get(bits(size)).addLast(memory);
      freeBytes += size;
    }
  }
}
