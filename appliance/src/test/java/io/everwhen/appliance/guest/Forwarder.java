package io.everwhen.appliance.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A cable that can be cut: a port of 127.0.0.1 whose connections are carried to another one. While
 * it is cut, nothing that was connected hears anything any more, not even an end, and new
 * connections are closed at once.
 */
final class Forwarder implements AutoCloseable {

  private static final int BUFFER_BYTES = 64 << 10;

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final int to;
  private volatile boolean cut;

  /** Carries connections to port {@code to}. */
  Forwarder(int to) throws IOException {
    this.to = to;
    Thread.ofVirtual().start(this::accept);
  }

  /** Where to connect to. */
  int port() {
    return server.getLocalPort();
  }

  /** Cuts it. */
  void cut() {
    cut = true;
  }

  /** Joins it again; what was connected when it was cut is closed now. */
  void join() {
    closeAll();
    cut = false;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        carry(server.accept());
      } catch (IOException e) {
        // The daemon is not there, or this is closed: the connection is not made, which is what a
        // test then looks at.
      }
    }
  }

  private void carry(Socket near) throws IOException {
    sockets.add(near);
    if (cut) {
      close(near);
      return;
    }
    Socket far;
    try {
      far = new Socket(InetAddress.getLoopbackAddress(), to);
    } catch (IOException e) {
      close(near);
      throw e;
    }
    sockets.add(far);
    Thread.ofVirtual().start(() -> copy(near, far));
    Thread.ofVirtual().start(() -> copy(far, near));
  }

  private void copy(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (!cut) {
          out.write(buffer, 0, count);
        }
      }
    } catch (IOException e) {
      // One end is gone; so is the other, below.
    }
    if (!cut) {
      close(from);
      close(to);
    }
  }

  private void closeAll() {
    sockets.forEach(this::close);
  }

  private void close(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    closeAll();
  }
}
