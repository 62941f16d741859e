package io.everwhen.restore.run;

import io.everwhen.journal.history.PastView;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads a disk's past from its beginning to its end and hands it on, window by window, to another
 * thread: so what comes next is read while what was read is used.
 */
final class Windows {

  /** Windows begin at multiples of this, and are whole chunks but for the disk's end. */
  static final int CHUNK_BYTES = 4096;

  /** The longest window: several stay in the processor's cache from being read to being written. */
  static final int MAX_BYTES = 256 << 10;

  private static final int PAGE_BYTES = 4096;

  private static final int AHEAD = 4;

  /** After how many windows it is worth looking whether the history has gone on. */
  private static final int WINDOWS_PER_CHECK = 256;

  private Windows() {}

  /**
   * A buffer for a window. It begins with a page: the system copies from and to such memory several
   * times as fast as from what {@link ByteBuffer#allocateDirect} gives, which does not.
   */
  static ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(MAX_BYTES + PAGE_BYTES)
        .alignedSlice(PAGE_BYTES)
        .limit(MAX_BYTES)
        .slice();
  }

  /** Uses what was read; one call after the other, all on one thread. */
  interface Sink {

    /** The disk holds zeros there. */
    void zeros(long at, long length) throws IOException;

    /** The disk holds what remains in {@code window}, which may be zeros too. */
    void data(long at, ByteBuffer window) throws IOException;
  }

  /** Hands a whole disk to {@code sink}, which has used all of it when this returns. */
  static void copy(PastView view, Sink sink, Progress progress) throws IOException {
    long size = view.sizeBytes();
    Deque<Future<ByteBuffer>> inUse = new ArrayDeque<>(AHEAD);
    try (ExecutorService user =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().name("restore").factory())) {
      long used = 0;
      for (int n = 1; used < size; n++) {
        ByteBuffer window = inUse.size() < AHEAD ? buffer() : await(inUse.removeFirst());
        long zeros = used;
        long at = Math.max(used, view.nextData(used) / CHUNK_BYTES * CHUNK_BYTES);
        window.clear().limit((int) Math.min(MAX_BYTES, size - at));
        if (window.hasRemaining()) {
          view.read(at, window);
          window.flip();
        }
        if (n % WINDOWS_PER_CHECK == 0) {
          view.checkStillWithin();
        }
        inUse.add(
            user.submit(() -> {
              if (at > zeros) {
                sink.zeros(zeros, at - zeros);
              }
              if (window.hasRemaining()) {
                sink.data(at, window);
              }
              return window;
            }));
        used = at + window.limit();
        progress.at(used, size);
      }
      while (!inUse.isEmpty()) {
        await(inUse.removeFirst());
      }
    }
    view.checkStillWithin();
  }

  private static ByteBuffer await(Future<ByteBuffer> used) throws IOException {
    try {
      return used.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted before it was done");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
