package io.everwhen.journal;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far the images are behind the journal, in bytes; changes wait here when it is too far.
 *
 * <p>What small entries cost is the memory of the block map, about 65 bytes each: they count so
 * much that there are no more than {@link #ENTRIES_MAX}.
 */
final class Backlog {

  static final int ENTRIES_MAX = 1 << 19;

  /** Even where few are allowed, an entry counts as much as this. */
  private static final long ENTRY_BYTES_MIN = 1024;

  /** The images catch up in so many steps, each of which makes room for those who wait. */
  static final int STEPS = 16;

  /** A change waits so long at most before it is full. */
  private static final long SLOW_NANOS_MAX = 10_000_000;

  /**
   * A part of the backlog.
   *
   * @param position where it ends, in bytes
   * @param sequence of the last entry before that; the greatest number where that is not known
   */
  record Step(long position, long sequence) {}

  private volatile long maxBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition shrunk = lock.newCondition();
  private volatile long appended; // by the appender's leader only
  private volatile long applied;
  private final ConcurrentLinkedQueue<Step> steps = new ConcurrentLinkedQueue<>();
  private long lastStep; // by the appender's leader only
  private boolean closed;
  private long releases;

  Backlog(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** From now on the images may be so far behind. */
  void maxBytes(long bytes) {
    maxBytes = bytes;
  }

  void add(long bytes, long sequence) {
    long most = maxBytes;
    long position = appended + Math.max(bytes, Math.max(ENTRY_BYTES_MIN, most / ENTRIES_MAX));
    setAppended(position);
    if (position - lastStep >= most / STEPS) {
      lastStep = position;
      steps.add(new Step(position, sequence));
    }
  }

  private void setAppended(long value) {
    appended = value;
  }

  /** Everything added so far, for {@link #appliedUpTo}. */
  long position() {
    return appended;
  }

  /** What is to be applied next, up to a {@link #position} of before. */
  Step next(long end) {
    Step next = steps.peek();
    while (next != null && next.position <= applied) {
      steps.remove();
      next = steps.peek();
    }
    return next == null || next.position >= end ? new Step(end, Long.MAX_VALUE) : next;
  }

  /** Whether everything before a position is applied. */
  boolean isAppliedUpTo(long position) {
    return applied >= position;
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

  /**
   * Waits a little when it is nearly full, and longer the fuller it is: so changes are slowed down
   * to what the images can follow, and do not stop altogether until a step is applied.
   */
  void slowDown() {
    long most = maxBytes;
    long slowFrom = most / 4 * 3;
    long over = bytes() - slowFrom;
    if (over > 0) {
      double full = Math.min(1, (double) over / (most - slowFrom));
      LockSupport.parkNanos(this, (long) (SLOW_NANOS_MAX * full * full));
    }
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
