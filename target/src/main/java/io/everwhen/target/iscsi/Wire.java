package io.everwhen.target.iscsi;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/** The socket of a connection, which remembers when the peer last did anything. */
final class Wire implements ReadableByteChannel, GatheringByteChannel {

  /** A write that takes this long has waited for the peer. */
  private static final long SLOW_WRITE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final SocketChannel socket;
  private final InputStream arriving;
  private final MonotonicClock clock;
  private final long connectedNanos;
  private final BusyWait busyWait;
  private volatile long heardNanos;
  private volatile long sendingSinceNanos;
  private volatile boolean sending;
  private boolean expectsSoon;

  Wire(SocketChannel socket, MonotonicClock clock, Spinners spinners, CpuLatency latency)
      throws IOException {
    this.socket = socket;
    this.clock = clock;
    this.connectedNanos = clock.nanos();
    this.heardNanos = connectedNanos;
    this.arriving = socket.socket().getInputStream();
    this.busyWait = new BusyWait(this::arrived, spinners, latency, clock);
  }

  long connectedNanos() {
    return connectedNanos;
  }

  InetSocketAddress peer() throws IOException {
    return (InetSocketAddress) socket.getRemoteAddress();
  }

  InetSocketAddress local() throws IOException {
    return (InetSocketAddress) socket.getLocalAddress();
  }

  /** Has the system decide so how fast it sends from now on. */
  void decideBy(CongestionControl congestionControl) throws IOException {
    congestionControl.apply(socket);
  }

  /** How much there is to be read, in bytes. */
  int arrived() throws IOException {
    return arriving.available();
  }

  /**
   * When the peer last sent something, or took something off our hands that it had not had room
   * for. What merely went into the socket's buffer says nothing about the peer.
   */
  long heardNanos() {
    return heardNanos;
  }

  /** Whether a write is under way, and so may be waiting for the peer to take what was sent. */
  boolean sending() {
    return sending;
  }

  /** When that write began. */
  long sendingSinceNanos() {
    return sendingSinceNanos;
  }

  /**
   * Whether what comes next is awaited by somebody who has little else under way, so that how soon
   * it is taken matters more than what waiting for it costs.
   */
  void expectSoon(boolean soon) {
    expectsSoon = soon;
  }

  /** What was done since the last read was not what the peer waits for. */
  void ahead() {
    busyWait.passed(clock.nanos());
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    boolean spins = expectsSoon;
    long start = 0;
    if (spins) {
      start = clock.nanos();
      busyWait.await(start);
    }
    int count = socket.read(into);
    long now = clock.nanos();
    heardNanos = now;
    if (spins) {
      busyWait.took(start, now);
    } else {
      busyWait.passed(now);
    }
    return count;
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    send();
    int count = socket.write(from);
    sent();
    return count;
  }

  @Override
  public long write(ByteBuffer[] from) throws IOException {
    return write(from, 0, from.length);
  }

  @Override
  public long write(ByteBuffer[] from, int offset, int length) throws IOException {
    send();
    long count = socket.write(from, offset, length);
    sent();
    return count;
  }

  private void send() {
    sendingSinceNanos = clock.nanos();
    sending = true;
  }

  private void sent() {
    sending = false;
    long now = clock.nanos();
    if (now - sendingSinceNanos > SLOW_WRITE_NANOS) {
      heardNanos = now;
    }
  }

  @Override
  public boolean isOpen() {
    return socket.isOpen();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
