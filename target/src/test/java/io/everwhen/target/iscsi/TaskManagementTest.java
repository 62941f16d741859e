package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.scsi.LogicalUnit;
import io.everwhen.target.scsi.LunMap;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.Initiator.Reply;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.PausingDisk;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Task management over several sessions, connections and disks. */
@Timeout(300)
class TaskManagementTest {

  private static final String NAME = "iqn.2026-11.io.everwhen:managed";
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final String WRITE_1_BLOCK_AT_0 = "2a00 00000000 00 0001 00";
  private static final String READ_1_BLOCK_AT_0 = "2800 00000000 00 0001 00";
  private static final int SENDS = BasicHeader.FINAL | BasicHeader.WRITE;
  private static final int IMMEDIATE = 0x40;

  private static final int ABORT_TASK = 1;
  private static final int ABORT_TASK_SET = 2;
  private static final int CLEAR_TASK_SET = 4;
  private static final int LUN_RESET = 5;
  private static final int WARM_RESET = 6;
  private static final int COLD_RESET = 7;

  private static final int COMMANDS_CLEARED = 0x62f00;
  private static final int RESET = 0x62903;

  private final PausingDisk disk = new PausingDisk(new MemoryDisk(1 << 20));
  private final Targets targets = new Targets();
  private Portal portal;
  private Initiator one;
  private Initiator two;

  @BeforeEach
  void start() throws IOException {
    LogicalUnit first = new LogicalUnit(disk, DiskIdentity.of("first"));
    LogicalUnit second = new LogicalUnit(new MemoryDisk(1 << 20), DiskIdentity.of("second"));
    LunMap luns = new LunMap(new TreeMap<>(Map.of(0, first, 1, second)));
    targets.add(new Target(NAME, List.of(new AccessRule(Access.OPEN, luns))));
    portal = new Portal(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), targets);
    portal.start();
    one = new Initiator(portal.address());
    two = new Initiator(portal.address());
  }

  @AfterEach
  void stop() throws IOException {
    disk.release();
    one.close();
    two.close();
    portal.close();
  }

  private Reply logIn(Initiator initiator, String name) throws IOException {
    return initiator.logInAs(
        name, NAME, 1, "InitialR2T=Yes", "ImmediateData=No", "MaxConnections=4");
  }

  private void logInBoth() throws IOException {
    logIn(one, "iqn.2026-11.test:one");
    logIn(two, "iqn.2026-11.test:two");
  }

  private void connectBoth() throws IOException {
    int session = logIn(one, "iqn.2026-11.test:one").header().tsih();
    two.joins(session, 1);
    two.logInAs("iqn.2026-11.test:one", NAME, 1);
  }

  /** A write that waits for its data. */
  private static int begin(Initiator initiator, int lun) throws IOException {
    int tag = command(initiator, lun, WRITE_1_BLOCK_AT_0, SENDS, 512);
    Reply asked = initiator.receive();
    assertThat(asked.header().opcode()).isEqualTo(Opcode.READY_TO_TRANSFER);
    initiator.transferTag(asked.header().targetTransferTag());
    return tag;
  }

  private static int command(Initiator initiator, int lun, String cdb, int flags, int expected)
      throws IOException {
    return initiator.send(
        Opcode.SCSI_COMMAND,
        NOTHING,
        header -> {
          Initiator.fillCommand(header, cdb, flags, expected);
          header.lun((long) lun << 48);
        });
  }

  private static void sendData(Initiator initiator, int tag) throws IOException {
    ByteBuffer ones = ByteBuffer.allocate(512);
    Arrays.fill(ones.array(), (byte) 1);
    initiator.dataOut(tag, initiator.transferTag(), 0, 0, true, ones);
  }

  private static int sendManagement(Initiator initiator, int function, int lun, int tag, int ref)
      throws IOException {
    return initiator.send(
        Opcode.TASK_MANAGEMENT_REQUEST | IMMEDIATE,
        NOTHING,
        header ->
            header
                .flags(BasicHeader.FINAL | function)
                .lun((long) lun << 48)
                .targetTransferTag(tag)
                .maxCmdSn(ref)); // where a request has its RefCmdSN
  }

  private static int response(Initiator initiator) throws IOException {
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.TASK_MANAGEMENT_RESPONSE);
    return reply.header().byteAt(2);
  }

  private static int manage(Initiator initiator, int function, int lun) throws IOException {
    sendManagement(initiator, function, lun, BasicHeader.NO_TAG, 0);
    return response(initiator);
  }

  private static int ready(Initiator initiator, int lun) throws IOException {
    command(initiator, lun, "000000000000", BasicHeader.FINAL, 0);
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.SCSI_RESPONSE);
    return reply.status() == 0 ? 0 : reply.sense();
  }

  private static void assertUnwritten(Initiator initiator) throws IOException {
    assertThat(initiator.read(READ_1_BLOCK_AT_0, 512).data()).isEqualTo(ByteBuffer.allocate(512));
  }

  @Test
  void abortTaskSetLeavesOtherDisksAndOtherSessionsAlone() throws IOException {
    logInBoth();
    int mine = begin(one, 0);
    int elsewhere = begin(one, 1);
    int transferElsewhere = one.transferTag();
    int theirs = begin(two, 0);
    assertThat(manage(one, ABORT_TASK_SET, 0)).isZero();
    sendData(one, mine);
    one.transferTag(transferElsewhere);
    sendData(one, elsewhere);
    assertThat(one.receive().header().initiatorTaskTag()).isEqualTo(elsewhere);
    assertUnwritten(one);
    sendData(two, theirs);
    assertThat(two.receive().status()).isZero();
  }

  @Test
  void clearTaskSetAbortsTheTasksOfOthersAndTellsThem() throws IOException {
    logInBoth();
    int theirs = begin(two, 0);
    assertThat(manage(one, CLEAR_TASK_SET, 0)).isZero();
    sendData(two, theirs);
    assertThat(ready(two, 0)).isEqualTo(COMMANDS_CLEARED);
    assertThat(ready(two, 0)).isZero();
    assertThat(ready(one, 0)).as("nobody else aborted its").isZero();
    assertUnwritten(one);
  }

  @Test
  void clearTaskSetDoesNotBotherWhoHadNoTasks() throws IOException {
    logInBoth();
    begin(one, 0);
    assertThat(manage(one, CLEAR_TASK_SET, 0)).isZero();
    assertThat(ready(two, 0)).isZero();
    assertThat(ready(one, 0)).isZero();
  }

  @Test
  void aLunResetAbortsWhatWaitsAtThisDiskOnly() throws IOException {
    logInBoth();
    int theirs = begin(two, 0);
    int elsewhere = command(two, 1, WRITE_1_BLOCK_AT_0, SENDS, 512);
    int transferElsewhere = two.receive().header().targetTransferTag();
    assertThat(manage(one, LUN_RESET, 0)).isZero();
    sendData(two, theirs);
    two.dataOut(elsewhere, transferElsewhere, 0, 0, true, ByteBuffer.allocate(512));
    Reply reply = two.receive();
    assertThat(reply.header().initiatorTaskTag()).isEqualTo(elsewhere);
    assertThat(reply.status()).isZero();
    assertThat(ready(two, 0)).isEqualTo(RESET);
    assertThat(ready(two, 1)).isZero();
    assertThat(ready(one, 0)).isEqualTo(RESET);
    assertUnwritten(one);
  }

  @ParameterizedTest
  @ValueSource(ints = {WARM_RESET, LUN_RESET, CLEAR_TASK_SET})
  void theResponseWaitsForWhatOthersHaveBegun(int function) throws Exception {
    logInBoth();
    int theirs = begin(two, 0);
    disk.pause();
    sendData(two, theirs);
    disk.awaitWrite();
    int managed = sendManagement(one, function, 0, BasicHeader.NO_TAG, 0);
    one.send(Opcode.NOP_OUT | IMMEDIATE, NOTHING, header -> header.targetTransferTag(-1));
    try (Initiator third = new Initiator(portal.address())) {
      logIn(third, "iqn.2026-11.test:three");
      assertThat(ready(third, 1)).as("others are served meanwhile").isIn(0, RESET);
    }
    one.socket().configureBlocking(false);
    assertThat(one.socket().read(ByteBuffer.allocate(1))).as("nothing yet").isZero();
    one.socket().configureBlocking(true);
    disk.release();
    Reply reply = one.receive();
    assertThat(reply.header().initiatorTaskTag()).isEqualTo(managed);
    assertThat(reply.header().byteAt(2)).isZero();
    assertThat(two.receive().status()).as("it had begun").isZero();
  }

  @Test
  void aColdResetEndsEverySession() throws IOException {
    logInBoth();
    assertThat(manage(one, COLD_RESET, 0)).isZero();
    assertThatExceptionOfType(IOException.class).isThrownBy(one::receive);
    assertThatExceptionOfType(IOException.class).isThrownBy(two::receive);
  }

  @Test
  void aDiskThatIsNotThereCannotBeReset() throws IOException {
    logInBoth();
    for (int function : new int[] {ABORT_TASK_SET, CLEAR_TASK_SET, LUN_RESET}) {
      assertThat(manage(one, function, 7)).isEqualTo(TaskManagement.LUN_DOES_NOT_EXIST);
    }
  }

  @Test
  void aTaskSetReachesOverAllConnectionsOfTheSession() throws IOException {
    connectBoth();
    two.cmdSn(1);
    int tag = begin(two, 0);
    one.cmdSn(2);
    assertThat(manage(one, ABORT_TASK_SET, 0)).isZero();
    sendData(two, tag);
    assertUnwritten(one);
  }

  @Test
  void aTaskSetWaitsForCommandsThatAreStillToComeOverOtherConnections() throws IOException {
    connectBoth();
    one.cmdSn(2);
    int managed = sendManagement(one, ABORT_TASK_SET, 0, BasicHeader.NO_TAG, 0);
    two.cmdSn(1);
    int tag = begin(two, 0);
    Reply reply = one.receive();
    assertThat(reply.header().initiatorTaskTag()).isEqualTo(managed);
    assertThat(reply.header().byteAt(2)).isZero();
    sendData(two, tag);
    assertUnwritten(one);
  }

  @Test
  void aCommandThatIsAbortedBeforeItComesIsNotCarriedOut() throws IOException {
    connectBoth();
    one.cmdSn(2);
    sendManagement(one, ABORT_TASK, 0, 77, 1);
    assertThat(response(one)).isZero();
    two.cmdSn(1);
    command(two, 0, WRITE_1_BLOCK_AT_0, SENDS, 512);
    two.cmdSn(2);
    assertThat(ready(two, 0)).as("nothing asks for the data of the other").isZero();
    one.cmdSn(3);
    sendManagement(one, ABORT_TASK, 0, 77, 1);
    assertThat(response(one)).isEqualTo(TaskManagement.TASK_DOES_NOT_EXIST);
  }

  @Test
  void aHeldCommandCanBeAborted() throws IOException {
    connectBoth();
    two.cmdSn(2);
    int tag = command(two, 0, WRITE_1_BLOCK_AT_0, SENDS, 512);
    two.cmdSn(3);
    sendManagement(two, ABORT_TASK, 0, tag, 2);
    assertThat(response(two)).isZero();
    one.cmdSn(1);
    assertThat(ready(one, 0)).isZero();
    two.cmdSn(3);
    assertThat(ready(two, 0)).isZero();
  }

  @Test
  void preemptAndAbortAbortsTheTasksOfThePreempted() throws Exception {
    logInBoth();
    reserve(one, "5f00 00 0000 00000018 00", 0, 0xa);
    reserve(two, "5f00 00 0000 00000018 00", 0, 0xb);
    int theirs = begin(two, 0);
    reserve(one, "5f05 03 0000 00000018 00", 0xa, 0xb);
    sendData(two, theirs);
    assertThat(List.of(ready(two, 0), ready(two, 0)))
        .containsExactlyInAnyOrder(COMMANDS_CLEARED, 0x62a05);
    assertThat(ready(two, 0)).isZero();
    assertUnwritten(one);
  }

  /** PERSISTENT RESERVE OUT. */
  private static void reserve(Initiator initiator, String cdb, long key, long actionKey)
      throws IOException {
    ByteBuffer list = ByteBuffer.allocate(24).putLong(0, key).putLong(8, actionKey);
    int tag = command(initiator, 0, cdb, SENDS, list.capacity());
    Reply asked = initiator.receive();
    initiator.dataOut(tag, asked.header().targetTransferTag(), 0, 0, true, list);
    assertThat(initiator.receive().status()).as(HexFormat.of().toHexDigits(key)).isZero();
  }
}
