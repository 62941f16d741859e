package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.PduReader;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.pdu.ProtocolException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One connection, served by one thread: reads what has come, takes every whole PDU, ends the burst,
 * reads again. What goes wrong in here ends this connection and nothing else.
 */
final class Connection implements Runnable, CommandWindow.Waiting {

  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

  /** A peer that sends no more at once waits for answers rather than for its own processor. */
  private static final int FEW_PDUS = 2;

  private final Wire wire;
  private final BusyWait.Arrived arrived;
  private final InetSocketAddress peer;
  private final InetSocketAddress local;
  private final PortalOptions options;
  private final PeerLog peers;
  private final Portals.Listening portal;
  private final Targets targets;
  private final PduReader reader;
  private final PduWriter writer;
  private final EarlyReplies earlyReplies = new EarlyReplies();
  private final LoginPhase login;
  private final CountDownLatch ended = new CountDownLatch(1);

  /**
   * Held by the thread of the connection while it works, and not while it waits for the peer; a
   * ping, which comes from elsewhere, only tries for it. Nobody waits for it who holds another
   * connection's.
   */
  private final ReentrantLock turn = new ReentrantLock();

  private final AtomicBoolean resuming = new AtomicBoolean();
  private final Running running = new Running();

  private @Nullable Session session;
  private boolean over;
  private volatile @Nullable FullFeaturePhase phase;
  private volatile long pingedWhenHeardNanos = Long.MIN_VALUE;
  private volatile @Nullable String closedBecause;

  /**
   * @param peers takes what becomes of it
   */
  Connection(
      Wire wire,
      PortalOptions options,
      Portals.Listening portal,
      Targets targets,
      LoginFailures failures,
      PeerLog peers)
      throws IOException {
    this.options = options;
    this.peers = peers;
    this.portal = portal;
    this.wire = wire;
    this.arrived = wire::arrived;
    this.peer = wire.peer();
    this.local = wire.local();
    this.targets = targets;
    reader =
        new PduReader(wire, Limits.FIRST_RECEIVE_BUFFER_BYTES, Limits.DEFAULT_SEGMENT_BYTES_MAX);
    writer = new PduWriter(wire, Limits.FIRST_TRANSMIT_BUFFER_BYTES);
    Login steps = new Login(targets, failures, peer.getAddress(), portal.group());
    login = new LoginPhase(steps, targets.sessions(), this, writer);
  }

  InetSocketAddress peer() {
    return peer;
  }

  boolean isFrom(InetAddress address) {
    return peer.getAddress().equals(address);
  }

  boolean loggedIn() {
    return phase != null;
  }

  @Override
  public void run() {
    try (wire) {
      serve();
    } catch (IOException | RuntimeException e) {
      failed(e);
    } catch (OutOfMemoryError e) {
      failed(new IOException("out of memory: " + e.getMessage(), e));
    } finally {
      end();
    }
  }

  /**
   * Logs what becomes of a connection, unless its address has filled the log enough: then it is a
   * detail.
   */
  void note(Level level, String what) {
    peers.note(log, level, peer, what);
  }

  private void failed(Exception failure) {
    switch (failure) {
      case ProtocolException e ->
          note(Level.WARN, "connection ended, protocol error: " + e.getMessage());
      case ClosedChannelException e -> log.debug("{}: closed", peer, e);
      case IOException e -> note(Level.INFO, "connection lost: " + e.getMessage());
      default -> log.error("{}: connection ended by an internal error", peer, failure);
    }
  }

  private void serve() throws IOException {
    while (reader.fill()) {
      turn.lock();
      try {
        if (!burst()) {
          return;
        }
      } finally {
        turn.unlock();
      }
    }
  }

  /** Takes every PDU that is there; false when the connection is to be closed. */
  private boolean burst() throws IOException {
    FullFeaturePhase current = phase;
    int pdus = 0;
    while (reader.next()) {
      pdus++;
      ByteBuffer data = reader.dataBytes() == 0 ? NO_DATA : reader.data();
      if (current == null) {
        current = logIn(reader.header(), data);
        if (login.refused()) {
          return false;
        }
      } else {
        if (earlyReplies.areDue(current.settling())) {
          current.endBurst();
        }
        if (reader.damaged()) {
          current.takeDamaged(reader.header(), data);
        } else {
          current.take(reader.header(), data);
        }
        if (reader.landed()) {
          current.landed();
        }
        if (current.loggedOut()) {
          current.endBurst();
          return false;
        }
      }
    }
    if (current != null) {
      current.endBurst();
      earlyReplies.burstEnded(arrived);
      reader.land(current, current.awaitsLanding());
      if (current.expectsFlush() && arrived.bytes() == 0) {
        current.flushAhead();
        wire.ahead();
      }
    }
    wire.expectSoon(pdus > 0 && pdus <= FEW_PDUS);
    return true;
  }

  private @Nullable FullFeaturePhase logIn(BasicHeader header, ByteBuffer data) throws IOException {
    Session opened = login.take(header, data);
    if (opened == null) {
      return null;
    }
    session = opened;
    wire.decideBy(options.congestionControl());
    ConnectionParameters agreed = login.agreed();
    reader.digests(agreed.headerDigest(), agreed.dataDigest());
    reader.dataBytesMax(Limits.RECEIVE_SEGMENT_BYTES_MAX);
    writer.digests(agreed.headerDigest(), agreed.dataDigest());
    ServedTarget target = opened.target();
    String name = target == null ? "discovery" : target.name();
    note(Level.INFO, opened.initiator() + " logged in to " + name);
    FullFeaturePhase started =
        new FullFeaturePhase(
            opened,
            this,
            login.connectionId(),
            agreed,
            targets,
            writer,
            login.nextStatSn(),
            targets.buffers(),
            options.transferBytesMax());
    phase = started;
    return started;
  }

  private void end() {
    turn.lock();
    try {
      over = true;
      FullFeaturePhase current = phase;
      if (current != null) {
        current.close();
      }
      Session open = session;
      if (open != null) {
        targets.sessions().leave(open, this);
        String reason = closedBecause;
        note(Level.INFO, open.initiator() + " is gone" + (reason == null ? "" : ": " + reason));
      }
    } finally {
      turn.unlock();
      ended.countDown();
    }
  }

  /**
   * The peer may send nothing more until what waits here is answered, so this connection's thread
   * cannot be waited for; nor may the caller's, which has a turn of its own.
   */
  @Override
  public void turnCame() {
    if (resuming.compareAndSet(false, true)) {
      targets.sessions().executor().execute(this::resume);
    }
  }

  /** Goes on with commands whose turn has come. */
  private void resume() {
    resuming.set(false);
    turn.lock();
    try {
      FullFeaturePhase current = phase;
      if (current != null && !over) {
        current.resume();
        current.endBurst();
        if (current.loggedOut()) {
          wire.close();
        }
      }
    } catch (IOException | RuntimeException e) {
      failed(e);
      close("it failed");
    } finally {
      turn.unlock();
    }
  }

  /** What it carries out now. */
  Running running() {
    return running;
  }

  /** Where its initiator finds targets, as values of TargetAddress. */
  List<String> addresses() {
    return targets.portals().addresses(portal, local);
  }

  /** Tag of the portal group that it belongs to. */
  int portalGroup() {
    return portal.group();
  }

  /** Whether it is about to end. */
  boolean closed() {
    return !wire.isOpen();
  }

  /**
   * Ends the connection from outside. Its thread finishes the command it is at, and then sees it.
   */
  void close(String reason) {
    closedBecause = reason;
    try {
      wire.close();
    } catch (IOException e) {
      log.debug("{}: closing", peer, e);
    }
  }

  /** Waits until nothing of this connection runs any more. */
  void awaitEnd() {
    boolean interrupted = false;
    while (true) {
      try {
        ended.await();
        break;
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The same, for a time; returns whether it is so. */
  boolean awaitEndMillis(long millis) {
    try {
      return ended.await(Math.max(0, millis), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Seconds since the connection was made. */
  long ageSeconds(MonotonicClock clock) {
    return TimeUnit.NANOSECONDS.toSeconds(clock.nanos() - wire.connectedNanos());
  }

  /**
   * Seconds since the peer gave a sign of life, or 0 while the target itself is what takes time.
   */
  long silentSeconds(MonotonicClock clock) {
    long since = wire.heardNanos();
    if (wire.sending()) {
      since = wire.sendingSinceNanos();
    } else if (turn.isLocked()) {
      return 0;
    }
    return Math.max(0, TimeUnit.NANOSECONDS.toSeconds(clock.nanos() - since));
  }

  /** Whether no ping was sent since the peer was last heard of; from now on one was. */
  boolean wantsPing() {
    long heard = wire.heardNanos();
    boolean wants = pingedWhenHeardNanos != heard;
    pingedWhenHeardNanos = heard;
    return wants;
  }

  /**
   * Ends the connection in order, from outside: asks the initiator to log out, and if it does not,
   * says that the connection is dropped, and drops it. Blocks meanwhile, and longer if the peer
   * takes nothing.
   */
  void dismiss(String reason) {
    if (tell(AsyncMessages::requestLogout) && !awaitEndMillis(Limits.LOGOUT_MILLIS_MAX)) {
      tell(AsyncMessages::announceDrop);
    }
    close(reason);
  }

  /** Something to send that the initiator has not asked for. */
  @FunctionalInterface
  interface Message {
    void send(AsyncMessages messages) throws IOException;
  }

  /** Sends it between two bursts, unless the connection is too busy; returns whether it has. */
  private boolean tell(Message message) {
    try {
      return wire.isOpen()
          && turn.tryLock(Limits.LOGOUT_MILLIS_MAX, TimeUnit.MILLISECONDS)
          && send(message);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Sends it between two bursts, however long that takes, unless the connection ends before. */
  void tellWhenFree(Message message) {
    turn.lock();
    send(message);
  }

  /** Sends it if this is logged in, and gives up the turn that the caller has taken. */
  private boolean send(Message message) {
    try {
      FullFeaturePhase current = phase;
      if (current != null && !over) {
        message.send(current.messages());
        return true;
      }
    } catch (IOException e) {
      log.debug("{}: telling", peer, e);
    } finally {
      turn.unlock();
    }
    return false;
  }

  /**
   * Sends a ping if the connection is idle, and gives memory back that it does not need any more.
   * Blocks while the peer takes nothing.
   */
  void ping() {
    FullFeaturePhase current = phase;
    if (current == null || !turn.tryLock()) {
      return;
    }
    try {
      current.messages().ping();
      writer.shrink(Limits.FIRST_TRANSMIT_BUFFER_BYTES);
      reader.shrinkWhenEmpty(Limits.FIRST_RECEIVE_BUFFER_BYTES);
    } catch (IOException e) {
      log.debug("{}: ping", peer, e);
    } finally {
      turn.unlock();
    }
  }
}
