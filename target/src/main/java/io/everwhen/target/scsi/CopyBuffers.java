package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;

/** What all copies of the process hold in memory, bounded. Any thread may call it. */
final class CopyBuffers {

  /** Copies that hold data at once; the next one waits. */
  private static final int BUFFERS_MAX = 2;

  /** One buffer holds the longest change, so that a copied segment can be one. */
  private static final int BUFFER_BYTES = BlockLimits.TRANSFER_BYTES_MAX;

  private static final Semaphore PERMITS = new Semaphore(BUFFERS_MAX, true);
  private static final ArrayDeque<ByteBuffer> FREE = new ArrayDeque<>();

  private CopyBuffers() {}

  /** Waits for a buffer of {@link BlockLimits#TRANSFER_BYTES_MAX}. */
  static ByteBuffer acquire() {
    PERMITS.acquireUninterruptibly();
    synchronized (FREE) {
      ByteBuffer free = FREE.poll();
      return free == null ? ByteBuffer.allocateDirect(BUFFER_BYTES) : free;
    }
  }

  static void release(ByteBuffer buffer) {
    synchronized (FREE) {
      FREE.push(buffer);
    }
    PERMITS.release();
  }
}
