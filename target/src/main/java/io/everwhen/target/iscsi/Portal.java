package io.everwhen.target.iscsi;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An address where initiators find targets. Build, {@link #start}, {@link #close}; any thread may
 * call it.
 */
public final class Portal implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Portal.class);

  private static final int BACKLOG = 1024;
  private static final long WATCH_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long ACCEPT_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final InetSocketAddress listen;
  private final Targets targets;
  private final MonotonicClock clock;
  private final BufferPool pool = new BufferPool();
  private final Collection<Connection> connections = new ConcurrentLinkedQueue<>();
  private final LoginFailures failures;
  private final ServerSocketChannel server;
  private volatile boolean closed;

  /**
   * @param listen address to listen on; port 0 takes any that is free
   * @param targets what is served here; other portals may serve it too
   */
  public Portal(InetSocketAddress listen, Targets targets) throws IOException {
    this(listen, targets, new SystemClock());
  }

  Portal(InetSocketAddress listen, Targets targets, MonotonicClock clock) throws IOException {
    this.listen = listen;
    this.targets = targets;
    this.clock = clock;
    this.failures = new LoginFailures(clock);
    this.server = ServerSocketChannel.open();
  }

  /**
   * Listens, and serves from now on.
   *
   * @throws BindException if the address cannot be had
   */
  public void start() throws IOException {
    try {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(listen, BACKLOG);
    } catch (IOException e) {
      server.close();
      BindException unavailable =
          new BindException("cannot listen on " + listen + ": " + e.getMessage());
      unavailable.initCause(e);
      throw unavailable;
    }
    Thread.ofPlatform().daemon().name("iscsi-portal-" + address().getPort()).start(this::accept);
    Thread.ofPlatform().daemon().name("iscsi-watch-" + address().getPort()).start(this::watch);
  }

  /** Where it listens, with the actual port. */
  public InetSocketAddress address() throws IOException {
    return (InetSocketAddress) server.getLocalAddress();
  }

  private void accept() {
    while (!closed) {
      try {
        serve(server.accept());
      } catch (ClosedChannelException _) {
        return;
      } catch (IOException | OutOfMemoryError e) {
        // Out of file handles, threads or memory: what is connected goes on, and newcomers wait.
        log.warn("cannot accept a connection: {}", e.getMessage());
        LockSupport.parkNanos(ACCEPT_RETRY_NANOS);
      }
    }
  }

  private void serve(SocketChannel socket) throws IOException {
    try {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      makeRoomForLogin();
      Connection connection = new Connection(new Wire(socket, clock), targets, pool, failures);
      connections.add(connection);
      Runnable life =
          () -> {
            connection.run();
            connections.remove(connection);
          };
      Thread.ofPlatform().daemon().name("iscsi-" + connection.peer()).start(life);
      if (closed) {
        connection.close("the portal is closed");
      }
    } catch (IOException e) {
      // Gone before it was served.
      log.debug("connection lost while accepting", e);
      socket.close();
    }
  }

  /** The oldest of too many strangers gives way. */
  private void makeRoomForLogin() {
    long strangers = connections.stream().filter(connection -> !connection.loggedIn()).count();
    if (strangers >= Limits.LOGIN_CONNECTIONS_MAX) {
      connections.stream()
          .filter(connection -> !connection.loggedIn())
          .findFirst()
          .ifPresent(oldest -> oldest.close("too many connections that do not log in"));
    }
  }

  /** Ends connections that do not log in or are dead, and pings those that are silent. */
  private void watch() {
    while (!closed) {
      LockSupport.parkNanos(WATCH_INTERVAL_NANOS);
      for (Connection connection : connections) {
        long silent = connection.silentSeconds(clock);
        if (!connection.loggedIn()) {
          if (connection.ageSeconds(clock) >= Limits.LOGIN_SECONDS_MAX) {
            connection.close("it did not log in within " + Limits.LOGIN_SECONDS_MAX + " s");
          }
        } else if (silent >= Limits.DEAD_AFTER_SECONDS) {
          connection.close("no sign of life for " + Limits.DEAD_AFTER_SECONDS + " s");
        } else if (silent >= Limits.PING_AFTER_SECONDS && connection.wantsPing()) {
          // On a thread of its own: a peer that takes nothing blocks it.
          Thread.ofPlatform().daemon().name("iscsi-ping").start(connection::ping);
        }
      }
    }
  }

  /**
   * Stops listening and ends all connections; commands under way are finished, not begun ones are
   * dropped.
   */
  @Override
  public void close() throws IOException {
    closed = true;
    server.close();
    connections.forEach(connection -> connection.close("the portal is closed"));
    long deadline = clock.nanos() + TimeUnit.MILLISECONDS.toNanos(Limits.CLOSE_MILLIS_MAX);
    for (Connection connection : connections) {
      connection.awaitEndMillis(TimeUnit.NANOSECONDS.toMillis(deadline - clock.nanos()));
    }
  }
}
