package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.Initiator.Reply;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions of several connections, RFC 7143 sections 4.2.2 and 4.4. */
@Timeout(300)
class MultiConnectionTest {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final String TEST_UNIT_READY = "000000000000";
  private static final String WRITE_8_BLOCKS_AT_0 = "2a00 00000000 00 0008 00";
  private static final String READ_8_BLOCKS_AT_0 = "2800 00000000 00 0008 00";
  private static final int SENDS = BasicHeader.FINAL | BasicHeader.WRITE;
  private static final int IMMEDIATE = 0x40;
  private static final int EXP_CMD_SN = 28;

  private MemoryPortal portal;
  private Initiator one;
  private Initiator two;
  private int session;

  @BeforeEach
  void start() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(1 << 20));
    one = new Initiator(portal.address());
    two = new Initiator(portal.address());
  }

  @AfterEach
  void stop() throws IOException {
    one.close();
    two.close();
    portal.close();
  }

  private void connectBoth(String... keys) throws IOException {
    leading(keys);
    assertThat(join(two, 1).loginStatus()).isZero();
  }

  private Reply leading(String... keys) throws IOException {
    List<String> all = new ArrayList<>(List.of(keys));
    all.add("MaxConnections=4");
    Reply reply = one.logIn(all.toArray(String[]::new));
    session = reply.header().tsih();
    return reply;
  }

  private Reply join(Initiator initiator, int id, String... keys) throws IOException {
    initiator.joins(session, id);
    initiator.cmdSn(one.cmdSn());
    return initiator.logIn(keys);
  }

  private int ready(Initiator over, int cmdSn) throws IOException {
    over.cmdSn(cmdSn);
    return over.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
  }

  private static void assertGood(Initiator initiator, int tag) throws IOException {
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.SCSI_RESPONSE);
    assertThat(reply.header().initiatorTaskTag()).isEqualTo(tag);
    assertThat(reply.status()).isZero();
  }

  @Test
  void aSecondConnectionJoinsTheSession() throws IOException {
    assertThat(leading().keys()).containsEntry("MaxConnections", "4");
    Reply joined = join(two, 1, "MaxConnections=2", "DataDigest=CRC32C");
    assertThat(joined.loginStatus()).isZero();
    assertThat(joined.header().tsih()).isEqualTo(session);
    assertThat(joined.keys())
        .containsEntry("MaxConnections", "Reject")
        .containsEntry("DataDigest", "CRC32C");
    List<SessionStatus> sessions = portal.targets().status().getFirst().sessions();
    assertThat(sessions).hasSize(1);
    assertThat(sessions.getFirst().addresses()).hasSize(2);
    assertGood(one, ready(one, 1));
    assertGood(two, ready(two, 2));
  }

  @Test
  void aConnectionThatJoinsLearnsWhereTheCommandsAre() throws IOException {
    leading();
    assertGood(one, ready(one, 1));
    assertGood(one, ready(one, 2));
    assertThat(join(two, 1).header().shortAt(EXP_CMD_SN + 2)).isEqualTo(3);
  }

  @Test
  void noMoreConnectionsThanAgreedOnMayJoin() throws IOException {
    session = one.logIn("MaxConnections=1").header().tsih();
    assertThat(join(two, 1).loginStatus()).isEqualTo(LoginStatus.TOO_MANY_CONNECTIONS.code());
    assertGood(one, ready(one, 1));
  }

  @Test
  void onlyTheSameInitiatorPortJoinsAndOnlyASessionThatIsThere() throws IOException {
    leading();
    two.joins(session, 1);
    assertThat(two.logInAs("iqn.2026-11.test:other", MemoryPortal.NAME, 1).loginStatus())
        .isEqualTo(LoginStatus.SESSION_DOES_NOT_EXIST.code());
    try (Initiator third = new Initiator(portal.address())) {
      third.joins(session + 1, 1);
      assertThat(third.logIn().loginStatus()).isEqualTo(LoginStatus.SESSION_DOES_NOT_EXIST.code());
    }
    try (Initiator third = new Initiator(portal.address())) {
      third.joins(session, 1);
      assertThat(third.logInAs("iqn.2026-11.test:one", MemoryPortal.NAME, 2).loginStatus())
          .isEqualTo(LoginStatus.SESSION_DOES_NOT_EXIST.code());
    }
  }

  @Test
  void commandsWaitForThoseBeforeThemOverAllConnections() throws IOException {
    connectBoth();
    int second = ready(two, 2);
    int fourth = ready(two, 4);
    int third = ready(one, 3);
    // What waits is not answered: this ping is immediate, and so comes first.
    int ping =
        two.send(Opcode.NOP_OUT | IMMEDIATE, NOTHING, header -> header.targetTransferTag(-1));
    assertThat(two.receive().header().initiatorTaskTag()).isEqualTo(ping);
    int first = ready(one, 1);
    assertGood(two, second);
    assertGood(two, fourth);
    List<Integer> tags =
        List.of(
            one.receive().header().initiatorTaskTag(), one.receive().header().initiatorTaskTag());
    assertThat(tags).containsExactlyInAnyOrder(first, third);
  }

  @Test
  void bothConnectionsGoOnWhileCommandsAlternateBetweenThem() throws IOException {
    connectBoth();
    for (int cmdSn = 1; cmdSn < 400; cmdSn += 4) {
      int fourth = ready(two, cmdSn + 3);
      int second = ready(two, cmdSn + 1);
      int third = ready(one, cmdSn + 2);
      int first = ready(one, cmdSn);
      for (Initiator each : List.of(one, two)) {
        List<Integer> tags =
            List.of(
                each.receive().header().initiatorTaskTag(),
                each.receive().header().initiatorTaskTag());
        assertThat(tags)
            .containsExactlyInAnyOrderElementsOf(
                each.equals(one) ? List.of(first, third) : List.of(second, fourth));
      }
    }
  }

  @Test
  void dataAndResponseGoOverTheConnectionOfTheCommand() throws IOException {
    connectBoth("InitialR2T=Yes", "ImmediateData=No");
    ByteBuffer data = random(4096, 2);
    two.cmdSn(1);
    int tag = two.command(WRITE_8_BLOCKS_AT_0, SENDS, 4096, NOTHING);
    BasicHeader asked = two.receive().header();
    assertThat(asked.opcode()).isEqualTo(Opcode.READY_TO_TRANSFER);
    assertGood(one, ready(one, 2));
    two.dataOut(tag, asked.targetTransferTag(), 0, 0, true, data.duplicate());
    assertGood(two, tag);
    one.cmdSn(3);
    assertThat(one.read(READ_8_BLOCKS_AT_0, 4096).data()).isEqualTo(data);
  }

  @Test
  void aHeldCommandTakesItsUnsolicitedDataAlong() throws IOException {
    connectBoth("InitialR2T=No", "ImmediateData=No", "FirstBurstLength=4096");
    ByteBuffer data = random(4096, 3);
    two.cmdSn(2);
    int tag = two.command(WRITE_8_BLOCKS_AT_0, BasicHeader.WRITE, 4096, NOTHING);
    two.dataOut(tag, BasicHeader.NO_TAG, 0, 0, true, data.duplicate());
    assertGood(one, ready(one, 1));
    assertGood(two, tag);
    one.cmdSn(3);
    assertThat(one.read(READ_8_BLOCKS_AT_0, 4096).data()).isEqualTo(data);
  }

  @Test
  void theSameConnectionIdReplacesTheOldConnectionAndItsTasks() throws IOException {
    connectBoth("InitialR2T=Yes", "ImmediateData=No");
    two.cmdSn(1);
    two.command(WRITE_8_BLOCKS_AT_0, SENDS, 4096, NOTHING);
    two.receive();
    try (Initiator again = new Initiator(portal.address())) {
      assertThat(join(again, 1).loginStatus()).isZero();
      assertThatExceptionOfType(IOException.class).isThrownBy(two::receive);
      assertGood(again, ready(again, 2));
      assertGood(one, ready(one, 3));
    }
  }

  @Test
  void theOnlyConnectionOfASessionCanBeReplaced() throws IOException {
    leading();
    assertGood(one, ready(one, 1));
    assertThat(join(two, 0).loginStatus()).isZero();
    assertThatExceptionOfType(IOException.class).isThrownBy(one::receive);
    assertGood(two, ready(two, 2));
  }

  @Test
  void aNewSessionOfTheSamePortEndsAllConnectionsOfTheOldOne() throws IOException {
    connectBoth();
    try (Initiator fresh = new Initiator(portal.address())) {
      assertThat(fresh.logIn().loginStatus()).isZero();
      assertThatExceptionOfType(IOException.class).isThrownBy(one::receive);
      assertThatExceptionOfType(IOException.class).isThrownBy(two::receive);
      assertThat(portal.targets().status().getFirst().sessions()).hasSize(1);
    }
  }

  @Test
  void theSessionGoesOnWhenOneOfItsConnectionsIsLost() throws IOException {
    connectBoth();
    one.close();
    assertGood(two, ready(two, 1));
    two.close();
    while (!portal.targets().status().getFirst().sessions().isEmpty()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aLogoutOfTheSessionEndsAllItsConnections() throws IOException {
    connectBoth();
    assertThat(logOut(one, 0, 0)).isEqualTo(Logout.CLOSED);
    assertThatExceptionOfType(IOException.class).isThrownBy(two::receive);
    assertThatExceptionOfType(IOException.class).isThrownBy(one::receive);
  }

  @Test
  void aLogoutOfAnotherConnectionEndsThatOne() throws IOException {
    connectBoth();
    assertThat(logOut(one, 1, 7)).isEqualTo(Logout.CONNECTION_NOT_FOUND);
    assertThat(logOut(one, 1, 1)).isEqualTo(Logout.CLOSED);
    assertThatExceptionOfType(IOException.class).isThrownBy(two::receive);
    assertGood(one, ready(one, one.cmdSn()));
    assertThat(logOut(one, 2, 0)).isEqualTo(Logout.RECOVERY_NOT_SUPPORTED);
    assertThat(logOut(one, 1, 0)).isEqualTo(Logout.CLOSED);
    assertThatExceptionOfType(IOException.class).isThrownBy(one::receive);
  }

  private static int logOut(Initiator initiator, int reason, int connectionId) throws IOException {
    initiator.send(
        Opcode.LOGOUT_REQUEST,
        NOTHING,
        header -> header.flags(BasicHeader.FINAL | reason).shortAt(20, connectionId));
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.LOGOUT_RESPONSE);
    return reply.header().byteAt(2);
  }

  private static ByteBuffer random(int bytes, int seed) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return ByteBuffer.wrap(content);
  }
}
