package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * What a stranger does harms nobody else: a well-behaved initiator is logged in all the time, and
 * must not notice.
 */
@Timeout(300)
class HostileClientTest {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private static final int WRITE = BasicHeader.FINAL | BasicHeader.WRITE;
  private static final int BUSY = 0x08;

  private MemoryPortal portal;
  private Initiator friend;

  @BeforeEach
  void start() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(16 << 20));
    friend = new Initiator(portal.address());
    friend.logInAs("iqn.2026-11.test:friend", MemoryPortal.NAME, 1);
  }

  @AfterEach
  void theFriendIsStillServed() throws IOException {
    assertThat(friend.write("2a00 00000000 00 0001 00", ByteBuffer.allocate(512)).status())
        .isZero();
    friend.close();
    portal.close();
  }

  @Test
  void connectAndClose() throws IOException {
    for (int i = 0; i < 500; i++) {
      SocketChannel.open(portal.address()).close();
    }
  }

  @Test
  void manyThatNeverLogInGiveWayToTheNext() throws IOException {
    List<SocketChannel> silent = new ArrayList<>();
    try {
      for (int i = 0; i < Limits.LOGIN_CONNECTIONS_MAX + 20; i++) {
        silent.add(SocketChannel.open(portal.address()));
      }
      try (Initiator late = new Initiator(portal.address())) {
        assertThat(late.logIn().loginStatus()).isZero();
      }
      assertThat(silent.getFirst().read(ByteBuffer.allocate(1))).isEqualTo(-1);
    } finally {
      for (SocketChannel socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void oneAddressDoesNotCrowdOutAnother() throws IOException {
    List<SocketChannel> silent = new ArrayList<>();
    try (Initiator slow = new Initiator(portal.address())) {
      for (int i = 0; i < Limits.LOGIN_CONNECTIONS_MAX + 20; i++) {
        silent.add(connectFrom("127.0.0.2", portal.address()));
      }
      assertThat(silent.getFirst().read(ByteBuffer.allocate(1))).isEqualTo(-1);
      assertThat(slow.logIn().loginStatus()).isZero();
    } finally {
      for (SocketChannel socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void theConnectionsOfAnAddressAreLimited() throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    PortalOptions few = new PortalOptions(1, null, 2, 15, 30, 60, 32 << 20, CongestionControl.AUTO);
    try (Portal small = new Portal(anyPort, portal.targets(), few)) {
      small.start();
      try (Initiator one = new Initiator(small.address());
          Initiator two = new Initiator(small.address())) {
        assertThat(one.logInAs("iqn.2026-11.test:one", MemoryPortal.NAME, 1).loginStatus())
            .isZero();
        assertThat(two.logInAs("iqn.2026-11.test:two", MemoryPortal.NAME, 1).loginStatus())
            .isZero();
        try (SocketChannel third = SocketChannel.open(small.address())) {
          assertThat(third.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        try (SocketChannel other = connectFrom("127.0.0.2", small.address())) {
          other.write(ByteBuffer.allocate(48).put(0, (byte) 0x43));
          assertThat(other.read(ByteBuffer.allocate(1))).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void aRefusedLoginIsOneLineOfTheLogWhateverNameItGives() throws IOException {
    Logger logger = (Logger) LoggerFactory.getLogger(Connection.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      try (Initiator stranger = new Initiator(portal.address())) {
        String nowhere = "iqn.2026-11.io.everwhen:a\nb";
        assertThat(stranger.logInAs("iqn.2026-11.test:x", nowhere, 1).loginStatus())
            .isEqualTo(0x0203);
      }
    } finally {
      logger.detachAppender(log);
    }
    List<String> warnings =
        log.list.stream()
            .filter(event -> event.getLevel() == Level.WARN)
            .map(ILoggingEvent::getFormattedMessage)
            .toList();
    assertThat(warnings).hasSize(1);
    assertThat(warnings).allMatch(line -> line.contains("/127.0.0.1:") && !line.contains("\n"));
  }

  @Test
  void protocolErrorsAndLoginsDoNotFloodTheLog() throws IOException {
    Logger logger = (Logger) LoggerFactory.getLogger(Connection.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      for (int i = 0; i < 2 * Limits.LOGGED_LINES_MAX; i++) {
        try (Initiator stranger = new Initiator(portal.address())) {
          stranger.logIn();
          stranger.send(Opcode.LOGIN_REQUEST, NOTHING, _ -> {});
          assertThatExceptionOfType(IOException.class).isThrownBy(stranger::receive);
        }
      }
    } finally {
      logger.detachAppender(log);
    }
    long lines = log.list.stream().filter(e -> e.getLevel().isGreaterOrEqual(Level.INFO)).count();
    // And as many as it took seconds.
    assertThat(lines).isBetween(Limits.LOGGED_LINES_MAX / 2L, Limits.LOGGED_LINES_MAX + 60L);
  }

  private static SocketChannel connectFrom(String address, InetSocketAddress to)
      throws IOException {
    SocketChannel socket = SocketChannel.open();
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
    socket.connect(to);
    return socket;
  }

  @ParameterizedTest
  @ValueSource(ints = {0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x10, 0x1f, 0x20, 0x3f})
  void anythingButALoginEndsTheConnection(int opcode) throws IOException {
    try (Initiator stranger = new Initiator(portal.address())) {
      stranger.send(opcode, NOTHING, _ -> {});
      assertThatExceptionOfType(IOException.class).isThrownBy(stranger::receive);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8193, 1 << 20, 0xffffff})
  void aLoginLongerThanAllowedEndsTheConnection(int bytes) throws IOException {
    try (SocketChannel socket = SocketChannel.open(portal.address())) {
      socket.write(ByteBuffer.allocate(48).put(0, (byte) 0x43).putInt(4, bytes));
      assertThat(socket.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
  }

  @Test
  void noiseBeforeAndAfterLoginEndsTheConnectionOrIsRejected() throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      byte[] noise = new byte[48 * (1 + random.nextInt(20))];
      random.nextBytes(noise);
      for (int at = 0; at < noise.length; at += 48) {
        noise[at + 4] = 0;
        noise[at + 5] = 0;
        noise[at + 6] = 0;
        noise[at + 7] = 0;
      }
      try (Initiator stranger = new Initiator(portal.address())) {
        if (round % 2 == 0) {
          stranger.logIn();
        }
        stranger.socket().write(ByteBuffer.wrap(noise));
      }
    }
    // The noise may have been a reset, which the friend is told of.
    friend.command("000000000000", BasicHeader.FINAL, 0, NOTHING);
    friend.receive();
  }

  @Test
  void aTruncatedConversationHoldsNothing() throws IOException {
    for (int length = 1; length < 48; length++) {
      try (Initiator stranger = new Initiator(portal.address())) {
        stranger.logIn();
        stranger.socket().write(ByteBuffer.allocate(length).put(0, (byte) 0x01));
      }
    }
  }

  @Test
  void aReaderThatTakesNothingBlocksNobodyElse() throws IOException {
    try (Initiator slow = new Initiator(portal.address())) {
      slow.logIn();
      for (int i = 0; i < 64; i++) {
        slow.command(
            "2800 00000000 00 2000 00", BasicHeader.FINAL | BasicHeader.READ, 4 << 20, NOTHING);
      }
      for (int i = 0; i < 100; i++) {
        assertThat(friend.write("2a00 00000000 00 0001 00", ByteBuffer.allocate(512)).status())
            .isZero();
      }
    }
  }

  @Test
  void whoAsksForAllBuffersLeavesSomeForTheNext() throws IOException {
    List<Initiator> greedy = new ArrayList<>();
    boolean turnedAway = false;
    try {
      for (int i = 0; i < 60; i++) {
        Initiator one = new Initiator(portal.address());
        greedy.add(one);
        one.logInAs("iqn.2026-11.test:greedy" + i, MemoryPortal.NAME, 1, "MaxBurstLength=1048576");
        for (int j = 0; j < 8; j++) {
          one.command("2a00 00000000 00 2000 00", WRITE, 4 << 20, NOTHING);
        }
        one.command("000000000000", BasicHeader.FINAL, 0, NOTHING);
        for (Initiator.Reply reply = one.receive();
            reply.header().opcode() == Opcode.READY_TO_TRANSFER || reply.status() == BUSY;
            reply = one.receive()) {
          turnedAway |= reply.header().opcode() == Opcode.SCSI_RESPONSE;
        }
      }
      assertThat(turnedAway).isTrue();
      int tag = friend.command("2a00 00000000 00 0800 00", WRITE, 1 << 20, NOTHING);
      Initiator.Reply reply = friend.receive();
      assertThat(reply.header().opcode()).isEqualTo(Opcode.READY_TO_TRANSFER);
      int transfer = reply.header().targetTransferTag();
      ByteBuffer quarter = ByteBuffer.allocate(256 << 10);
      friend.dataOut(tag, transfer, 0, 0, true, quarter);
      for (int part = 1; part < 4; part++) {
        transfer = friend.receive().header().targetTransferTag();
        friend.dataOut(tag, transfer, 0, part * quarter.capacity(), true, quarter.rewind());
      }
      assertThat(friend.receive().status()).isZero();
    } finally {
      for (Initiator one : greedy) {
        one.close();
      }
    }
  }

  @Test
  void aReadOfFourThousandMillionBlocksIsRefused() throws IOException {
    try (Initiator stranger = new Initiator(portal.address())) {
      stranger.logIn();
      String cdb = "8800 0000000000000000 ffffffff 0000";
      assertThat(stranger.read(cdb, 512).sense()).isEqualTo(0x52100);
    }
  }

  @Test
  void whoDoesNotLogInInTimeIsDropped() throws IOException {
    AtomicLong now = new AtomicLong();
    long tooLong = PortalOptions.DEFAULTS.loginSecondsMax() * 1_000_000_000L;
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    // Time passes whenever it is asked for: the connection grows old from one look to the next.
    try (Portal timed =
        new Portal(
            anyPort, portal.targets(), PortalOptions.DEFAULTS, () -> now.addAndGet(tooLong / 8))) {
      timed.start();
      try (SocketChannel socket = SocketChannel.open(timed.address())) {
        assertThat(socket.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
    }
  }

  @Test
  void whoIsSilentIsPingedAndDroppedOnlyIfItStaysSilent() throws Exception {
    AtomicLong seconds = new AtomicLong();
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Portal fast =
        new Portal(
            anyPort,
            portal.targets(),
            PortalOptions.DEFAULTS,
            () -> TimeUnit.SECONDS.toNanos(seconds.get()))) {
      fast.start();
      try (ExecutorService reader = Executors.newSingleThreadExecutor();
          Initiator alive = new Initiator(fast.address());
          Initiator dead = new Initiator(fast.address())) {
        alive.logInAs("iqn.2026-11.test:alive", MemoryPortal.NAME, 1);
        dead.logInAs("iqn.2026-11.test:dead", MemoryPortal.NAME, 1);
        seconds.set(PortalOptions.DEFAULTS.pingAfterSeconds());
        Future<Initiator.Reply> ping = reader.submit(alive::receive);
        passTimeUntil(ping, seconds, () -> {});
        assertThat(ping.get().header().opcode()).isEqualTo(Opcode.NOP_IN);
        alive.send(
            0x40 | Opcode.NOP_OUT,
            NOTHING,
            header -> header.initiatorTaskTag(-1).targetTransferTag(2));
        // Its answer has been heard when what follows it is answered.
        assertIsServed(alive);
        ping = reader.submit(dead::receive);
        passTimeUntil(ping, seconds, () -> assertIsServed(alive));
        assertThat(ping.get().header().opcode()).isEqualTo(Opcode.NOP_IN);
        assertIsServed(alive);
        seconds.addAndGet(
            PortalOptions.DEFAULTS.deadAfterSeconds() - PortalOptions.DEFAULTS.pingAfterSeconds());
        Future<Initiator.Reply> end = reader.submit(dead::receive);
        passTimeUntil(end, seconds, () -> assertIsServed(alive));
        assertThatExceptionOfType(ExecutionException.class)
            .isThrownBy(end::get)
            .withCauseInstanceOf(IOException.class);
        assertIsServed(alive);
      }
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  /**
   * Waits for something, and lets more time go by if it does not come: where a jump of this clock
   * falls into a write, the target takes it for one that the peer kept waiting and has now taken,
   * which is a sign of life.
   *
   * @param first what is done before time goes by
   */
  private static void passTimeUntil(Future<?> something, AtomicLong seconds, Step first)
      throws Exception {
    while (true) {
      try {
        something.get(3, TimeUnit.SECONDS);
        return;
      } catch (ExecutionException _) {
        return;
      } catch (TimeoutException _) {
        first.run();
        seconds.addAndGet(PortalOptions.DEFAULTS.pingAfterSeconds() / 6);
      }
    }
  }

  private static void assertIsServed(Initiator initiator) throws IOException {
    initiator.command("000000000000", BasicHeader.FINAL, 0, NOTHING);
    Initiator.Reply reply = initiator.receive();
    while (reply.header().opcode() == Opcode.NOP_IN) {
      reply = initiator.receive();
    }
    assertThat(reply.status()).isZero();
  }
}
