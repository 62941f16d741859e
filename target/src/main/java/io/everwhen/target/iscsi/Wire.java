package io.everwhen.target.iscsi;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;

/** The socket of a connection, which remembers when the peer last did anything. */
final class Wire implements ReadableByteChannel, GatheringByteChannel {

  private final SocketChannel socket;
  private final MonotonicClock clock;
  private final long connectedNanos;
  private volatile long heardNanos;
  private volatile boolean sending;

  Wire(SocketChannel socket, MonotonicClock clock) {
    this.socket = socket;
    this.clock = clock;
    this.connectedNanos = clock.nanos();
    this.heardNanos = connectedNanos;
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

  /** When the peer last sent something, or took something off our hands. */
  long heardNanos() {
    return heardNanos;
  }

  /** Whether a write is waiting for the peer to take what was sent. */
  boolean sending() {
    return sending;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int count = socket.read(into);
    heardNanos = clock.nanos();
    return count;
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    sending = true;
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
    sending = true;
    long count = socket.write(from, offset, length);
    sent();
    return count;
  }

  private void sent() {
    sending = false;
    heardNanos = clock.nanos();
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
