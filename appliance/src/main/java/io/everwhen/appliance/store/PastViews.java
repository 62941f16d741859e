package io.everwhen.appliance.store;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A history, and the views of a disk as of one of its entries: as many as are used at once. Any
 * thread; it is closed when none of them is used.
 */
final class PastViews implements Closeable {

  /** Memory of one that is not used: enough for most entries, of which pieces are read. */
  private static final long IDLE_BYTES_MAX = 6 << 20;

  private final History history;
  private final Manifest.Disk disk;
  private final long sequence;
  // The one that was used last comes first: it may still have the entry that is read next.
  private final Deque<PastView> idle = new ArrayDeque<>();

  /**
   * Makes the first of them, so that what cannot be viewed is refused now.
   *
   * @param history closed by this, also when it fails
   */
  PastViews(History history, Manifest.Disk disk, long sequence) throws IOException {
    this.history = history;
    this.disk = disk;
    this.sequence = sequence;
    try {
      idle.push(new PastView(history, disk, sequence));
    } catch (IOException | RuntimeException e) {
      try (history) {
        throw e;
      }
    }
  }

  /** What is done with a view. */
  @FunctionalInterface
  interface Use<T> {
    T of(PastView view) throws IOException;
  }

  /** Does something with a view that nobody else uses meanwhile. */
  <T> T use(Use<T> what) throws IOException {
    PastView view = take();
    try {
      return what.of(view);
    } finally {
      give(view);
    }
  }

  private synchronized PastView take() throws IOException {
    PastView view = idle.poll();
    return view != null ? view : new PastView(history, disk, sequence);
  }

  private synchronized void give(PastView view) {
    view.keepAtMost(IDLE_BYTES_MAX);
    idle.push(view);
  }

  /** Whether files may be gone that these need, and another history does without them. */
  boolean isOutdated() throws IOException {
    return history.isOutdated();
  }

  @Override
  public synchronized void close() throws IOException {
    try (history) {
      for (PastView view : idle) {
        view.close();
      }
      idle.clear();
    }
  }
}
