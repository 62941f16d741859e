package io.everwhen.appliance.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What comes on a connection, a fixed time after it came: a longer way, where the kernel has no
 * netem. A thread of its own takes what comes at once and notes when; the reader gets it when it is
 * due. What is sent is not delayed: a round trip takes longer once.
 */
final class DelayedChannel implements ReadableByteChannel {

  private static final int ARRIVALS_MAX = 1 << 14;

  /** The kernel wakes a thread this much too late. */
  private static final long SLACK_NANOS = 55_000;

  private static final int CHUNK_BYTES_MAX = 256 << 10;

  private final SocketChannel socket;
  private final long delayNanos;
  private final ByteBuffer ring;
  private final ByteBuffer taken;

  /** For arrival {@code i}, modulo their number: when, and at which byte of the stream it ends. */
  private final long[] arrivedAt = new long[ARRIVALS_MAX];

  private final long[] endsAt = new long[ARRIVALS_MAX];
  private final AtomicLong arrivals = new AtomicLong();
  private final AtomicLong arrivalsTaken = new AtomicLong();
  private final AtomicLong bytesTaken = new AtomicLong();
  private final Thread receiver;
  private volatile @Nullable Thread waiting;
  private volatile @Nullable IOException failure;
  private volatile boolean ended;

  /**
   * @param bytes how many may wait; when there are more, the connection has to
   */
  DelayedChannel(SocketChannel socket, long delayNanos, int bytes) {
    this.socket = socket;
    this.delayNanos = delayNanos;
    this.ring = ByteBuffer.allocateDirect(bytes);
    this.taken = ring.duplicate();
    this.receiver = Thread.ofPlatform().daemon().name("arriving").start(this::receive);
  }

  private void receive() {
    try {
      long end = 0;
      while (true) {
        int room;
        int at = (int) (end % ring.capacity());
        while ((room = roomAt(at, end)) == 0) {
          LockSupport.parkNanos(SLACK_NANOS);
        }
        ring.limit(at + room).position(at);
        int count = socket.read(ring);
        if (count < 0) {
          break;
        }
        end += count;
        long arrival = arrivals.get();
        int slot = (int) (arrival % ARRIVALS_MAX);
        arrivedAt[slot] = System.nanoTime();
        endsAt[slot] = end;
        arrivals.set(arrival + 1);
        LockSupport.unpark(waiting);
      }
    } catch (IOException e) {
      failure = e;
    } finally {
      ended = true;
      LockSupport.unpark(waiting);
    }
  }

  private int roomAt(int at, long end) {
    if (arrivals.get() - arrivalsTaken.get() == ARRIVALS_MAX) {
      return 0;
    }
    long free = ring.capacity() - (end - bytesTaken.get());
    return (int) Math.min(Math.min(free, ring.capacity() - at), CHUNK_BYTES_MAX);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    long first = arrivalsTaken.get();
    waiting = Thread.currentThread();
    while (arrivals.get() == first) {
      if (ended && arrivals.get() == first) {
        IOException failed = failure;
        if (failed != null) {
          throw new IOException("the connection is lost", failed);
        }
        return -1;
      }
      LockSupport.park(this);
    }
    waiting = null;
    awaitNanos(arrivedAt[(int) (first % ARRIVALS_MAX)] + delayNanos);
    return take(into, first);
  }

  private static void awaitNanos(long due) {
    long left;
    while ((left = due - System.nanoTime()) > 0) {
      if (left > SLACK_NANOS) {
        LockSupport.parkNanos(left - SLACK_NANOS);
      } else {
        Thread.onSpinWait();
      }
    }
  }

  /** Takes what is due, as much as there is room for. */
  private int take(ByteBuffer into, long first) {
    long now = System.nanoTime();
    long last = arrivals.get();
    long from = bytesTaken.get();
    long at = from;
    long arrival = first;
    while (arrival < last && into.hasRemaining()) {
      int slot = (int) (arrival % ARRIVALS_MAX);
      if (arrivedAt[slot] + delayNanos > now) {
        break;
      }
      at = copy(into, at, endsAt[slot]);
      if (at < endsAt[slot]) {
        break;
      }
      arrival++;
    }
    bytesTaken.set(at);
    arrivalsTaken.set(arrival);
    return (int) (at - from);
  }

  private long copy(ByteBuffer into, long from, long end) {
    int start = (int) (from % ring.capacity());
    int length = (int) Math.min(Math.min(end - from, into.remaining()), ring.capacity() - start);
    taken.limit(start + length).position(start);
    into.put(taken);
    return from + length;
  }

  @Override
  public boolean isOpen() {
    return socket.isOpen();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    receiver.interrupt();
  }
}
