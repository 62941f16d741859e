package io.everwhen.journal;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far the images are behind the journal, in bytes; changes wait here when it is too far.
 *
 * <p>Small entries count as {@link #MIN_ENTRY_BYTES}, because what they cost is the memory of the
 * block map.
 */
final class Backlog {

  static final long MIN_ENTRY_BYTES = 1024;

  private final long maxBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition shrunk = lock.newCondition();
  private volatile long appended; // by the appender's leader only
  private volatile long applied;
  private boolean closed;
  private long releases;

  Backlog(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  void add(long bytes) {
    setAppended(appended + Math.max(bytes, MIN_ENTRY_BYTES));
  }

  private void setAppended(long value) {
    appended = value;
  }

  /** Everything added so far, for {@link #appliedUpTo}. */
  long position() {
    return appended;
  }

  void appliedUpTo(long position) {
    lock.lock();
    try {
      applied = position;
      shrunk.signalAll();
    } finally {
      lock.unlock();
    }
  }

  long bytes() {
    return appended - applied;
  }

  boolean isFull() {
    return bytes() > maxBytes;
  }

  /** Waits until it is not full, or closed, or those who wait are let go. */
  void awaitRoom() {
    lock.lock();
    try {
      long before = releases;
      while (isFull() && !closed && before == releases) {
        shrunk.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of those who wait now: to shrink it has failed. */
  void release() {
    lock.lock();
    try {
      releases++;
      shrunk.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of everybody who waits, for good. */
  void close() {
    lock.lock();
    try {
      closed = true;
      shrunk.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
