package io.everwhen.target.iscsi;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * An address where initiators find targets. Build, {@link #start}, {@link #close}; any thread may
 * call it.
 */
public final class Portal implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Portal.class);

  private static final int BACKLOG = 1024;
  private static final long WATCH_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * What asking for a logout and announcing a drop may take beside the waiting: much, on a busy
   * machine, but a peer that takes nothing must not hold the portal up.
   */
  private static final int DISMISSAL_MILLIS_MAX = 2000;

  private static final long ACCEPT_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /**
   * For each stranger that had to give way: so that a storm of them is taken in at a pace that
   * leaves the processors to those who are logged in. Whoever comes meanwhile waits in the backlog.
   */
  private static final long STORM_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final InetSocketAddress listen;
  private final Targets targets;
  private final MonotonicClock clock;
  private final PortalOptions options;
  private final Collection<Connection> connections = new ConcurrentLinkedQueue<>();
  private final LoginFailures failures;
  private final PeerLog peers;
  private final ServerSocketChannel server;
  private volatile Portals.@Nullable Listening listening;
  private volatile boolean closed;

  /**
   * @param listen address to listen on; port 0 takes any that is free
   * @param targets what is served here; other portals may serve it too
   */
  public Portal(InetSocketAddress listen, Targets targets) throws IOException {
    this(listen, targets, PortalOptions.DEFAULTS);
  }

  /**
   * @param listen address to listen on; port 0 takes any that is free. The wildcard address of IPv6
   *     takes IPv4 as well
   * @param targets what is served here; other portals may serve it too, and discovery names them
   *     all
   */
  public Portal(InetSocketAddress listen, Targets targets, PortalOptions options)
      throws IOException {
    this(listen, targets, options, new SystemClock());
  }

  Portal(InetSocketAddress listen, Targets targets, PortalOptions options, MonotonicClock clock)
      throws IOException {
    this.options = options;
    this.listen = listen;
    this.targets = targets;
    this.clock = clock;
    this.failures = new LoginFailures(clock);
    this.peers = new PeerLog(clock);
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
    Portals.Listening opened =
        new Portals.Listening(address(), options.group(), options.advertised());
    try {
      targets.portals().add(opened);
    } catch (IllegalArgumentException e) {
      server.close();
      throw e;
    }
    listening = opened;
    targets.sessions().followPortals();
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
    Portals.Listening self = Objects.requireNonNull(listening, "not started");
    try {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      Connection connection =
          new Connection(
              new Wire(socket, clock, targets.spinners(), targets.cpuLatency()),
              options,
              self,
              targets,
              failures,
              peers);
      InetAddress from = connection.peer().getAddress();
      if (count(connections, from) >= options.connectionsPerAddressMax()) {
        connection.note(Level.WARN, "turned away, its address has too many connections");
        socket.close();
        return;
      }
      makeRoomForLogin(from);
      connections.add(connection);
      Runnable life =
          () -> {
            connection.run();
            connections.remove(connection);
          };
      try {
        Thread.ofPlatform().daemon().name("iscsi-" + connection.peer()).start(life);
      } catch (OutOfMemoryError e) {
        connections.remove(connection); // nothing else will
        socket.close();
        throw e;
      }
      if (closed) {
        connection.close("the portal is closed");
      }
    } catch (IOException e) {
      // Gone before it was served.
      log.debug("connection lost while accepting", e);
      socket.close();
    }
  }

  private static long count(Collection<Connection> connections, InetAddress from) {
    return connections.stream().filter(connection -> connection.isFrom(from)).count();
  }

  /** The oldest of too many strangers gives way, one from the same address first. */
  private void makeRoomForLogin(InetAddress from) {
    List<Connection> strangers =
        connections.stream().filter(connection -> !connection.loggedIn()).toList();
    boolean crowded = count(strangers, from) >= Limits.LOGIN_CONNECTIONS_PER_ADDRESS_MAX;
    if (crowded || strangers.size() >= Limits.LOGIN_CONNECTIONS_MAX) {
      strangers.stream()
          .filter(connection -> !crowded || connection.isFrom(from))
          .findFirst()
          .ifPresent(oldest -> oldest.close("too many connections that do not log in"));
      LockSupport.parkNanos(STORM_PAUSE_NANOS);
    }
  }

  /** Ends connections that do not log in or are dead, and pings those that are silent. */
  private void watch() {
    while (!closed) {
      LockSupport.parkNanos(WATCH_INTERVAL_NANOS);
      peers.summarise(log);
      for (Connection connection : connections) {
        long silent = connection.silentSeconds(clock);
        if (!connection.loggedIn()) {
          if (connection.ageSeconds(clock) >= options.loginSecondsMax()) {
            connection.close("it did not log in within " + options.loginSecondsMax() + " s");
          }
        } else if (silent >= options.deadAfterSeconds()) {
          connection.close("no sign of life for " + options.deadAfterSeconds() + " s");
        } else if (silent >= options.pingAfterSeconds() && connection.wantsPing()) {
          // On a thread of its own: a peer that takes nothing blocks it.
          Thread.ofPlatform().daemon().name("iscsi-ping").start(connection::ping);
        }
      }
    }
  }

  /**
   * Stops listening, asks initiators to log out, and then ends all connections; commands under way
   * are finished, not begun ones are dropped.
   */
  @Override
  public void close() throws IOException {
    closed = true;
    Portals.Listening self = listening;
    if (self != null) {
      targets.portals().remove(self);
      targets.sessions().followPortals();
    }
    server.close();
    // On threads of their own: a peer that takes nothing blocks its.
    connections.forEach(
        connection -> Thread.ofVirtual().start(() -> connection.dismiss("the portal is closed")));
    awaitEnds(Limits.LOGOUT_MILLIS_MAX + DISMISSAL_MILLIS_MAX);
    connections.forEach(connection -> connection.close("the portal is closed"));
    awaitEnds(Limits.CLOSE_MILLIS_MAX);
  }

  private void awaitEnds(long millis) {
    long deadline = clock.nanos() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (Connection connection : connections) {
      connection.awaitEndMillis(TimeUnit.NANOSECONDS.toMillis(deadline - clock.nanos()));
    }
  }
}
