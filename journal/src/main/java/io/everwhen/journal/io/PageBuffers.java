package io.everwhen.journal.io;

import java.nio.ByteBuffer;

/**
 * Buffers for reading and writing much at once: they begin with a page of memory, as {@link
 * ByteBuffer#allocateDirect} does not have them, so that the system copies whole pages.
 */
public final class PageBuffers {

  /** Bytes of a page. */
  public static final int PAGE_BYTES = 4096;

  private PageBuffers() {}

  /** A direct buffer of {@code bytes}, big-endian as every new one. */
  public static ByteBuffer allocate(int bytes) {
    int pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    // One more: where memory begins is not ours to say.
    return ByteBuffer.allocateDirect((pages + 1) * PAGE_BYTES)
        .alignedSlice(PAGE_BYTES)
        .limit(bytes)
        .slice();
  }
}
