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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, served by one thread: reads what has come, takes every whole PDU, ends the burst,
 * reads again. What goes wrong in here ends this connection and nothing else.
 */
final class Connection implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

  private final Wire wire;
  private final InetSocketAddress peer;
  private final InetSocketAddress local;
  private final Targets targets;
  private final BufferPool pool;
  private final PduReader reader;
  private final PduWriter writer;
  private final LoginPhase login;
  private final CountDownLatch ended = new CountDownLatch(1);

  /**
   * Held by the thread of the connection while it works, and not while it waits for the peer; a
   * ping, which comes from elsewhere, only tries for it.
   */
  private final ReentrantLock turn = new ReentrantLock();

  private @Nullable Session session;
  private volatile @Nullable FullFeaturePhase phase;
  private volatile long pingedWhenHeardNanos = Long.MIN_VALUE;
  private volatile @Nullable String closedBecause;

  Connection(
      Wire wire, Targets targets, BufferPool pool, LoginFailures failures, LoginFailures logged)
      throws IOException {
    this.wire = wire;
    this.peer = wire.peer();
    this.local = wire.local();
    this.targets = targets;
    this.pool = pool;
    reader =
        new PduReader(wire, Limits.FIRST_RECEIVE_BUFFER_BYTES, Limits.DEFAULT_SEGMENT_BYTES_MAX);
    writer = new PduWriter(wire, Limits.FIRST_TRANSMIT_BUFFER_BYTES);
    Login steps = new Login(targets, failures, peer.getAddress());
    login = new LoginPhase(steps, targets.sessions(), this, writer, logged);
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
    } catch (ProtocolException e) {
      log.warn("{}: connection ended, protocol error: {}", peer, e.getMessage());
    } catch (ClosedChannelException e) {
      log.debug("{}: closed", peer, e);
    } catch (IOException e) {
      log.info("{}: connection lost: {}", peer, e.getMessage());
    } catch (RuntimeException e) {
      log.error("{}: connection ended by an internal error", peer, e);
    } finally {
      end();
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
    while (reader.next()) {
      ByteBuffer data = reader.dataBytes() == 0 ? NO_DATA : reader.data();
      if (current == null) {
        current = logIn(reader.header(), data);
        if (login.refused()) {
          return false;
        }
      } else {
        current.take(reader.header(), data);
        if (current.loggedOut()) {
          current.endBurst();
          return false;
        }
      }
    }
    if (current != null) {
      current.endBurst();
    }
    return true;
  }

  private @Nullable FullFeaturePhase logIn(BasicHeader header, ByteBuffer data) throws IOException {
    Session opened = login.take(header, data);
    if (opened == null) {
      return null;
    }
    session = opened;
    SessionParameters agreed = opened.parameters();
    reader.digests(agreed.headerDigest(), agreed.dataDigest());
    reader.dataBytesMax(Limits.RECEIVE_SEGMENT_BYTES_MAX);
    writer.digests(agreed.headerDigest(), agreed.dataDigest());
    ServedTarget target = opened.target();
    log.info(
        "{}: {} logged in to {}",
        peer,
        opened.initiator(),
        target == null ? "discovery" : target.name());
    FullFeaturePhase started =
        new FullFeaturePhase(opened, targets, writer, login.nextStatSn(), local, pool);
    phase = started;
    return started;
  }

  private void end() {
    FullFeaturePhase current = phase;
    if (current != null) {
      current.close();
    }
    Session open = session;
    if (open != null) {
      targets.sessions().close(open);
      String reason = closedBecause;
      log.info("{}: {} is gone{}", peer, open.initiator(), reason == null ? "" : ": " + reason);
    }
    ended.countDown();
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
  boolean awaitEnd(long seconds) {
    return awaitEndMillis(TimeUnit.SECONDS.toMillis(seconds));
  }

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
    if (tell(FullFeaturePhase::requestLogout) && !awaitEndMillis(Limits.LOGOUT_MILLIS_MAX)) {
      tell(FullFeaturePhase::announceDrop);
    }
    close(reason);
  }

  /** Something to send that the initiator has not asked for. */
  @FunctionalInterface
  private interface Message {
    void send(FullFeaturePhase phase) throws IOException;
  }

  /** Sends it between two bursts; false if the connection is not logged in, or too busy. */
  private boolean tell(Message message) {
    FullFeaturePhase current = phase;
    try {
      if (current == null
          || !wire.isOpen()
          || !turn.tryLock(Limits.LOGOUT_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
        return false;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
    try {
      message.send(current);
      return true;
    } catch (IOException e) {
      log.debug("{}: telling", peer, e);
      return false;
    } finally {
      turn.unlock();
    }
  }

  /** Sends a ping if the connection is idle. Blocks while the peer takes nothing. */
  void ping() {
    FullFeaturePhase current = phase;
    if (current == null || !turn.tryLock()) {
      return;
    }
    try {
      current.ping();
    } catch (IOException e) {
      log.debug("{}: ping", peer, e);
    } finally {
      turn.unlock();
    }
  }
}
