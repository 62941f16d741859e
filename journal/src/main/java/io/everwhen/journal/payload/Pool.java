package io.everwhen.journal.payload;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Things that are dear to make, and of which no more are of use at once than there are processors.
 * Who takes one gives it back soon, and does no I/O in between. Any thread.
 */
final class Pool<T> {

  private final Supplier<T> maker;
  private final ConcurrentLinkedDeque<T> idle = new ConcurrentLinkedDeque<>();
  private final Semaphore free = new Semaphore(2 * Runtime.getRuntime().availableProcessors());

  Pool(Supplier<T> maker) {
    this.maker = maker;
  }

  /** One that nobody else has; waits while all are in use. */
  T take() {
    free.acquireUninterruptibly();
    T one = idle.pollLast();
    return one == null ? maker.get() : one;
  }

  void give(T one) {
    idle.addLast(one);
    free.release();
  }
}
