package io.everwhen.restore.run;

import io.everwhen.journal.history.PastView;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Reads a disk's past and hands it on, window by window. As many threads as there are processors
 * take one stripe of the disk after the other; what one has read it uses at once, while that is in
 * the processor's cache.
 */
final class Windows {

  /** Windows begin at multiples of this, and are whole chunks but for the disk's end. */
  static final int CHUNK_BYTES = 4096;

  /** The longest window: it stays in the processor's cache from being read to being written. */
  static final int MAX_BYTES = 256 << 10;

  private static final int PAGE_BYTES = 4096;

  /** What one thread takes at once. */
  private static final long STRIPE_BYTES = 16L << 20;

  /** More threads than this wait for the volumes. */
  private static final int THREADS_MAX = 4;

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

  /** Uses what was read, in any order. One thread. */
  interface Sink {

    /** The disk holds zeros there. */
    void zeros(long at, long length) throws IOException;

    /** The disk holds what remains in {@code window}, which may be zeros too. */
    void data(long at, ByteBuffer window) throws IOException;

    /** All of that was handed on. */
    default void done(long at, long length) throws IOException {}
  }

  /** Makes what each thread has for itself; one call after the other. */
  interface Maker<T> {
    T make() throws IOException;
  }

  /**
   * Hands a whole disk on.
   *
   * @param views of the same past
   */
  static void copy(Maker<PastView> views, Maker<? extends Sink> sinks, Progress progress)
      throws IOException {
    int processors = Runtime.getRuntime().availableProcessors();
    copy(views, sinks, progress, STRIPE_BYTES, Math.min(THREADS_MAX, processors));
  }

  static void copy(
      Maker<PastView> views,
      Maker<? extends Sink> sinks,
      Progress progress,
      long stripeBytes,
      int threadsMax)
      throws IOException {
    try (PastView first = views.make()) {
      Stripes stripes = new Stripes(first.sizeBytes(), stripeBytes, progress);
      long threads = Math.min(threadsMax, (first.sizeBytes() + stripeBytes - 1) / stripeBytes);
      try (ExecutorService others =
          Executors.newCachedThreadPool(Thread.ofPlatform().name("restore-", 1).factory())) {
        copy(first, views, sinks, threads, others, stripes);
      }
    }
  }

  private static void copy(
      PastView first,
      Maker<PastView> views,
      Maker<? extends Sink> sinks,
      long threads,
      ExecutorService others,
      Stripes stripes)
      throws IOException {
    try {
      List<Future<?>> all = new ArrayList<>();
      for (long i = 1; i < threads; i++) {
        Sink sink = sinks.make();
        PastView view = views.make();
        all.add(
            others.submit(() -> {
              try (view) {
                copy(view, sink, stripes);
              }
              return null;
            }));
      }
      copy(first, sinks.make(), stripes);
      for (Future<?> one : all) {
        await(one);
      }
    } finally {
      stripes.end(); // when this has failed, the others have no reason to go on
    }
  }

  private static void copy(PastView view, Sink sink, Stripes stripes) throws IOException {
    ByteBuffer window = buffer();
    try {
      for (Stripe stripe = stripes.next(view); stripe != null; stripe = stripes.next(view)) {
        copy(view, sink, stripe, window);
        view.checkStillWithin();
        sink.done(stripe.zeros, stripe.end - stripe.zeros);
        stripes.done(stripe);
      }
    } finally {
      stripes.end();
    }
  }

  private static void copy(PastView view, Sink sink, Stripe stripe, ByteBuffer window)
      throws IOException {
    long zeros = stripe.zeros;
    for (long at = stripe.data; zeros < stripe.end; at = nextData(view, zeros, stripe.end)) {
      if (at > zeros) {
        sink.zeros(zeros, at - zeros);
      }
      window.clear().limit((int) Math.min(MAX_BYTES, stripe.end - at));
      if (window.hasRemaining()) {
        view.read(at, window);
        sink.data(at, window.flip());
      }
      zeros = at + window.limit();
    }
  }

  /** The chunk in which anything but zeros may begin; {@code end} if none does before that. */
  private static long nextData(PastView view, long from, long end) throws IOException {
    return from >= end
        ? end
        : Math.clamp(view.nextData(from) / CHUNK_BYTES * CHUNK_BYTES, from, end);
  }

  /**
   * A part of a disk.
   *
   * @param zeros where it begins, with zeros
   * @param data where anything else may begin
   */
  private record Stripe(long zeros, long data, long end) {}

  /** What is left of a disk. Any thread. */
  private static final class Stripes {
    private final long size;
    private final long stripeBytes;
    private final Progress progress;
    private long next;
    private long done;

    Stripes(long size, long stripeBytes, Progress progress) {
      this.size = size;
      this.stripeBytes = stripeBytes;
      this.progress = progress;
    }

    /** Null when nothing is left. */
    synchronized @Nullable Stripe next(PastView view) throws IOException {
      if (next >= size) {
        return null;
      }
      long zeros = next;
      long data = nextData(view, zeros, size);
      next = Math.min(size, data + stripeBytes);
      return new Stripe(zeros, data, next);
    }

    synchronized void done(Stripe stripe) {
      done += stripe.end - stripe.zeros;
      progress.at(done, size);
    }

    /** Nothing more is wanted. */
    synchronized void end() {
      next = size;
    }
  }

  private static void await(Future<?> copied) throws IOException {
    try {
      copied.get();
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
