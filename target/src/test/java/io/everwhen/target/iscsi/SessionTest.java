package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.everwhen.target.block.DeviceException;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.Initiator.Reply;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class SessionTest {

  private static final int DISK_BYTES = 16 << 20;
  private static final int SENDS = BasicHeader.FINAL | BasicHeader.WRITE;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final String WRITE_8_BLOCKS_AT_0 = "2a00 00000000 00 0008 00";
  private static final String READ_8_BLOCKS_AT_0 = "2800 00000000 00 0008 00";
  private static final String TEST_UNIT_READY = "000000000000";

  private MemoryPortal portal;
  private Initiator initiator;

  @BeforeEach
  void start() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(DISK_BYTES));
    initiator = new Initiator(portal.address());
  }

  @AfterEach
  void stop() throws IOException {
    initiator.close();
    portal.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"None,None", "CRC32C,None", "None,CRC32C", "CRC32C,CRC32C"})
  void whatIsWrittenIsReadBackUnderEveryDigest(String digests) throws IOException {
    String[] names = digests.split(",", -1);
    initiator.logIn(
        "HeaderDigest=" + names[0], "DataDigest=" + names[1], "MaxRecvDataSegmentLength=1024");
    ByteBuffer data = random(4096, 1);
    assertThat(initiator.write(WRITE_8_BLOCKS_AT_0, data.duplicate()).status()).isZero();
    initiator.command(READ_8_BLOCKS_AT_0, BasicHeader.FINAL | BasicHeader.READ, 4096, NOTHING);
    ByteBuffer read = ByteBuffer.allocate(4096);
    for (int i = 0; i < 4; i++) {
      Reply reply = initiator.receive();
      assertThat(reply.header().dataSn()).isEqualTo(i);
      assertThat(reply.header().bufferOffset()).isEqualTo(i * 1024L);
      assertThat(reply.header().hasFlag(BasicHeader.STATUS)).isEqualTo(i == 3);
      read.put(reply.data());
    }
    assertThat(read.flip()).isEqualTo(data);
  }

  @Test
  void whatIsReadIsLentUnlessItIsShortAndGoesByItself() throws IOException {
    initiator.logIn();
    MemoryDisk disk = portal.disk();
    initiator.read("2800 00000000 00 0020 00", 16 << 10);
    assertThat(disk.lends()).isZero();
    initiator.read("2800 00000000 00 0028 00", 20 << 10);
    long lends = disk.lends();
    assertThat(lends).isPositive();
    for (int i = 0; i < 2; i++) {
      initiator.queue(
          Opcode.SCSI_COMMAND,
          NOTHING,
          header ->
              Initiator.fillCommand(
                  header, READ_8_BLOCKS_AT_0, BasicHeader.FINAL | BasicHeader.READ, 4096));
    }
    initiator.flush();
    for (int i = 0; i < 2; i++) {
      Reply reply = initiator.receive();
      while (!reply.header().hasFlag(BasicHeader.STATUS)) {
        reply = initiator.receive();
      }
    }
    assertThat(disk.lends()).isGreaterThan(lends);
  }

  @Test
  void unsolicitedAndSolicitedDataMakeOneWrite() throws IOException {
    initiator.logIn(
        "InitialR2T=No",
        "ImmediateData=Yes",
        "FirstBurstLength=1024",
        "MaxBurstLength=1024",
        "MaxOutstandingR2T=2");
    ByteBuffer data = random(4096, 2);
    int tag = initiator.command(WRITE_8_BLOCKS_AT_0, BasicHeader.WRITE, 4096, data.slice(0, 512));
    initiator.dataOut(tag, BasicHeader.NO_TAG, 0, 512, true, data.slice(512, 512));
    Reply first = initiator.receive();
    Reply second = initiator.receive();
    assertR2t(first, 0, 1024);
    assertR2t(second, 1, 2048);
    answer(tag, first, data, 1024);
    answer(tag, second, data, 2048);
    Reply third = initiator.receive();
    assertR2t(third, 2, 3072);
    answer(tag, third, data, 3072);
    assertThat(initiator.receive().status()).isZero();
    assertThat(initiator.read(READ_8_BLOCKS_AT_0, 4096).data()).isEqualTo(data);
  }

  private static void assertR2t(Reply reply, int number, int offset) {
    assertThat(reply.header().opcode()).isEqualTo(Opcode.READY_TO_TRANSFER);
    assertThat(reply.header().dataSn()).isEqualTo(number);
    assertThat(reply.header().bufferOffset()).isEqualTo(offset);
  }

  private void answer(int tag, Reply r2t, ByteBuffer data, int offset) throws IOException {
    int transferTag = r2t.header().targetTransferTag();
    initiator.dataOut(tag, transferTag, 0, offset, false, data.slice(offset, 512));
    initiator.dataOut(tag, transferTag, 1, offset + 512, true, data.slice(offset + 512, 512));
  }

  @Test
  void moreLargeWritesThanThereIsMemoryForAreServedInTurn() throws IOException {
    initiator.logIn("InitialR2T=Yes", "ImmediateData=No");
    int count = 5;
    int bytes = 8 << 20;
    for (int i = 0; i < count; i++) {
      initiator.command("8a00 0000000000000000 00004000 0000", SENDS, bytes, NOTHING);
    }
    int finished = 0;
    while (finished < count) {
      Reply reply = initiator.receive();
      if (reply.header().opcode() == Opcode.SCSI_RESPONSE) {
        assertThat(reply.status()).isZero();
        finished++;
      } else {
        int tag = reply.header().initiatorTaskTag();
        int length = (reply.header().byteAt(45) << 16) | reply.header().shortAt(46);
        int offset = (int) reply.header().bufferOffset();
        int piece = 128 << 10;
        for (int done = 0; done < length; done += piece) {
          boolean last = done + piece == length;
          ByteBuffer zeros = ByteBuffer.allocate(piece);
          initiator.dataOut(
              tag, reply.header().targetTransferTag(), done / piece, offset + done, last, zeros);
        }
      }
    }
  }

  @Test
  void dataOutOfOrderFailsItsCommandOnly() throws IOException {
    initiator.logIn("InitialR2T=Yes", "ImmediateData=No");
    int tag = initiator.command(WRITE_8_BLOCKS_AT_0, SENDS, 4096, NOTHING);
    int transferTag = initiator.receive().header().targetTransferTag();
    initiator.dataOut(tag, transferTag, 7, 0, true, random(4096, 3));
    assertThat(initiator.receive().sense()).isEqualTo(0xb4b00);
    assertReady();
  }

  private void assertReady() throws IOException {
    initiator.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
    assertThat(initiator.receive().status()).isZero();
  }

  @Test
  void commandsAheadOfTheirTurnWait() throws IOException {
    initiator.logIn();
    int turn = initiator.cmdSn();
    initiator.cmdSn(turn + 1);
    int late = initiator.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
    initiator.cmdSn(turn);
    int early = initiator.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
    assertThat(initiator.receive().header().initiatorTaskTag()).isEqualTo(early);
    assertThat(initiator.receive().header().initiatorTaskTag()).isEqualTo(late);
    initiator.cmdSn(turn); // a repetition: dropped in silence
    initiator.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
    initiator.cmdSn(turn + 2);
    int next = initiator.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
    assertThat(initiator.receive().header().initiatorTaskTag()).isEqualTo(next);
  }

  @Test
  void theWindowTakes128Commands() throws IOException {
    Reply login = initiator.logIn();
    BasicHeader header = login.header();
    int expCmdSn = header.expStatSn(); // at the place of ExpCmdSN in a response
    assertThat(header.refCmdSn() - expCmdSn + 1).isEqualTo(128);
  }

  @Test
  void aBurstOfWritesIsFlushedOnce() throws IOException {
    initiator.logIn();
    ByteBuffer data = random(512, 4);
    for (int i = 0; i < 32; i++) {
      String cdb = "2a08 %08x 00 0001 00".formatted(i);
      initiator.queue(
          Opcode.SCSI_COMMAND,
          data.duplicate(),
          header -> Initiator.fillCommand(header, cdb, SENDS, 512));
    }
    initiator.flush();
    for (int i = 0; i < 32; i++) {
      assertThat(initiator.receive().status()).isZero();
    }
    assertThat(portal.disk().flushes()).isBetween(1L, 4L);
  }

  @Test
  void aFailedSettleFailsEveryWriteOfTheBurst() throws IOException {
    initiator.logIn();
    portal.disk().failSettles(DeviceException.Reason.NO_SPACE);
    for (int i = 0; i < 3; i++) {
      assertThat(initiator.write(WRITE_8_BLOCKS_AT_0, random(4096, i)).sense()).isEqualTo(0x72707);
    }
    portal.disk().failSettles(null);
    assertThat(initiator.write(WRITE_8_BLOCKS_AT_0, random(4096, 9)).status()).isZero();
  }

  @Test
  void whatTheDiskCannotDoBecomesSenseAndTheConnectionGoesOn() throws IOException {
    initiator.logIn();
    portal.disk().failReads(DeviceException.Reason.UNREADABLE);
    assertThat(initiator.read(READ_8_BLOCKS_AT_0, 4096).sense()).isEqualTo(0x31100);
    portal.disk().failReads(null);
    portal.disk().broken(true);
    assertThat(initiator.read(READ_8_BLOCKS_AT_0, 4096).sense()).isEqualTo(0x44400);
    portal.disk().broken(false);
    portal.disk().failWrites(DeviceException.Reason.UNWRITABLE);
    assertThat(initiator.write(WRITE_8_BLOCKS_AT_0, random(4096, 1)).sense()).isEqualTo(0x30c00);
    portal.disk().failWrites(null);
    portal.disk().readOnly(true);
    assertThat(initiator.write(WRITE_8_BLOCKS_AT_0, random(4096, 1)).sense())
        .as("it is told first")
        .isEqualTo(0x62a01);
    assertThat(initiator.write(WRITE_8_BLOCKS_AT_0, random(4096, 1)).sense()).isEqualTo(0x72700);
    assertReady();
  }

  @Test
  void anAbortedWriteIsForgottenAndItsLateDataDropped() throws IOException {
    initiator.logIn("InitialR2T=Yes", "ImmediateData=No");
    int tag = initiator.command(WRITE_8_BLOCKS_AT_0, SENDS, 4096, NOTHING);
    int transferTag = initiator.receive().header().targetTransferTag();
    assertThat(manage(1, tag)).as("abort task").isEqualTo(TaskManagement.FUNCTION_COMPLETE);
    initiator.dataOut(tag, transferTag, 0, 0, true, random(4096, 5));
    assertThat(manage(1, tag)).as("abort it again").isEqualTo(TaskManagement.TASK_DOES_NOT_EXIST);
    assertThat(initiator.read(READ_8_BLOCKS_AT_0, 4096).data())
        .isEqualTo(ByteBuffer.allocate(4096));
    assertThat(manage(8, tag)).isEqualTo(TaskManagement.REASSIGNMENT_NOT_SUPPORTED);
    assertThat(manage(3, tag)).isEqualTo(TaskManagement.FUNCTION_NOT_SUPPORTED);
  }

  @Test
  void aResetIsToldToEverySession() throws IOException {
    initiator.logIn();
    try (Initiator other = new Initiator(portal.address())) {
      other.logInAs("iqn.2026-11.test:two", MemoryPortal.NAME, 1);
      assertThat(manage(5, 0)).isEqualTo(TaskManagement.FUNCTION_COMPLETE);
      for (Initiator each : List.of(initiator, other)) {
        each.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
        assertThat(each.receive().sense()).isEqualTo(0x62903);
        each.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
        assertThat(each.receive().status()).isZero();
      }
    }
  }

  private int manage(int function, int taskTag) throws IOException {
    initiator.send(
        Opcode.TASK_MANAGEMENT_REQUEST | 0x40,
        NOTHING,
        header -> header.flags(BasicHeader.FINAL | function).targetTransferTag(taskTag));
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.TASK_MANAGEMENT_RESPONSE);
    return reply.header().byteAt(2);
  }

  @Test
  void aPingIsEchoed() throws IOException {
    initiator.logIn();
    ByteBuffer data = random(100, 6);
    int tag =
        initiator.send(Opcode.NOP_OUT, data.duplicate(), header -> header.targetTransferTag(-1));
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.NOP_IN);
    assertThat(reply.header().initiatorTaskTag()).isEqualTo(tag);
    assertThat(reply.data()).isEqualTo(data);
  }

  @Test
  void aLogoutIsAnsweredAndEndsTheConnection() throws IOException {
    initiator.logIn();
    initiator.send(Opcode.LOGOUT_REQUEST, NOTHING, header -> header.flags(0x80));
    assertThat(initiator.receive().header().opcode()).isEqualTo(Opcode.LOGOUT_RESPONSE);
    assertThatExceptionOfType(EOFException.class).isThrownBy(initiator::receive);
  }

  @Test
  void anUnknownPduIsRejectedAndTheConnectionGoesOn() throws IOException {
    initiator.logIn();
    initiator.send(0x1c, NOTHING, _ -> {});
    assertThat(initiator.receive().header().opcode()).isEqualTo(Opcode.REJECT);
    assertReady();
  }

  @Test
  void theSameInitiatorPortReplacesItsSession() throws IOException {
    initiator.logIn();
    try (Initiator again = new Initiator(portal.address())) {
      assertThat(again.logIn().loginStatus()).isZero();
      assertThat(portal.targets().status().getFirst().sessions()).hasSize(1);
      assertThatExceptionOfType(IOException.class).isThrownBy(initiator::receive);
    }
  }

  @Test
  void manySessionsAreServedAtOnceAndCounted() throws IOException {
    List<Initiator> all = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        Initiator one = new Initiator(portal.address());
        all.add(one);
        assertThat(one.logInAs("iqn.2026-11.test:" + i, MemoryPortal.NAME, i).loginStatus())
            .isZero();
      }
      for (Initiator one : all) {
        assertThat(one.write(WRITE_8_BLOCKS_AT_0, random(4096, 7)).status()).isZero();
      }
      TargetStatus status = portal.targets().status().getFirst();
      assertThat(status.sessions()).hasSize(20);
      assertThat(status.commands()).isEqualTo(20);
      assertThat(status.bytesWritten()).isEqualTo(20 * 4096L);
    } finally {
      for (Initiator one : all) {
        one.close();
      }
    }
  }

  private static ByteBuffer random(int bytes, int seed) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return ByteBuffer.wrap(content);
  }
}
