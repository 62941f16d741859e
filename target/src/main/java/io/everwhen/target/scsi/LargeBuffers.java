package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;

/**
 * Buffers that hold the longest change, for commands that make up their data themselves; few, for
 * the whole process. Any thread may call it.
 */
final class LargeBuffers {

  /** Those of copies, which wait for other commands meanwhile. */
  static final LargeBuffers FOR_COPIES = new LargeBuffers();

  /** Those of commands that wait for nothing but their disk. */
  static final LargeBuffers FOR_FILLING = new LargeBuffers();

  /** Buffers of a kind at once; the next command waits. */
  private static final int BUFFERS_MAX = 2;

  private final Semaphore permits = new Semaphore(BUFFERS_MAX, true);
  private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

  private LargeBuffers() {}

  /** Waits for a buffer of {@link BlockLimits#TRANSFER_BYTES_MAX}. */
  ByteBuffer acquire() {
    permits.acquireUninterruptibly();
    synchronized (free) {
      ByteBuffer buffer = free.poll();
      return buffer == null
          ? ByteBuffer.allocateDirect(BlockLimits.TRANSFER_BYTES_MAX)
          : buffer.clear();
    }
  }

  void release(ByteBuffer buffer) {
    synchronized (free) {
      free.push(buffer);
    }
    permits.release();
  }
}
