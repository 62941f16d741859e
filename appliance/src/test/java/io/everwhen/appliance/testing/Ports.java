package io.everwhen.appliance.testing;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** TCP ports that nobody uses. */
public final class Ports {

  /**
   * Below those that the system gives to outgoing connections: a port stays free while the daemon
   * that listens on it is restarted.
   */
  private static final int FIRST = 16_000;

  private static final int END = 32_000;
  private static final int TRIES_MAX = 1000;

  private static final Set<Integer> given = new HashSet<>();

  private Ports() {}

  /** A port of 127.0.0.1 that was free a moment ago, and another one each time. */
  public static synchronized int free() throws IOException {
    BindException last = null;
    for (int i = 0; i < TRIES_MAX; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
        if (given.add(socket.getLocalPort())) {
          return port;
        }
      } catch (BindException e) {
        last = e;
      }
    }
    throw new IOException("no free port from " + FIRST + " to " + END, last);
  }
}
