package io.everwhen.journal.payload;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct buffers of powers of two, used over and over. What lies idle is bounded; what is in use is
 * bounded by the batches that hold it and the threads that fill it. Any thread.
 */
final class BufferPool {

  private static final int LEAST_SHIFT = 12;
  private static final int GREATEST_SHIFT = 25;
  private static final long IDLE_BYTES_MAX = 32L << 20;

  // By their size: 4 KiB, 8 KiB, ... Guarded by this, as is what they hold together.
  private final List<ArrayDeque<ByteBuffer>> idle = new ArrayList<>();
  private long idleBytes;

  BufferPool() {
    for (int shift = LEAST_SHIFT; shift <= GREATEST_SHIFT; shift++) {
      idle.add(new ArrayDeque<>());
    }
  }

  /** A buffer with room for {@code bytes}, limited to them. */
  ByteBuffer acquire(int bytes) {
    int index = indexFor(bytes);
    ByteBuffer buffer;
    synchronized (this) {
      buffer = idle.get(index).pollLast();
      if (buffer != null) {
        idleBytes -= buffer.capacity();
      }
    }
    if (buffer == null) {
      buffer = ByteBuffer.allocateDirect(1 << (LEAST_SHIFT + index)).order(ByteOrder.LITTLE_ENDIAN);
    }
    return buffer.clear().limit(bytes);
  }

  synchronized void release(ByteBuffer buffer) {
    if (idleBytes + buffer.capacity() <= IDLE_BYTES_MAX) {
      idleBytes += buffer.capacity();
      idle.get(indexFor(buffer.capacity())).addLast(buffer);
    }
  }

  /** How large a buffer {@link #acquire} gives for this. */
  static int sizeFor(int bytes) {
    return 1 << (LEAST_SHIFT + indexFor(bytes));
  }

  private static int indexFor(int bytes) {
    int shift = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(bytes, 1) - 1);
    if (shift > GREATEST_SHIFT) {
      throw new IllegalArgumentException("no payload takes " + bytes + " bytes");
    }
    return Math.max(0, shift - LEAST_SHIFT);
  }
}
