package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.Initiator.Reply;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data that is received where it belongs, before the PDU that it comes with is whole. */
@Timeout(300)
class DataLandingTest {

  private static final int BYTES = 256 << 10;
  private static final int SENDS = BasicHeader.FINAL | BasicHeader.WRITE;
  private static final int LUN_RESET = 5;
  private static final int IMMEDIATE = 0x40;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final String WRITE_AT_0 = "2a00 00000000 00 0200 00";
  private static final String READ_AT_0 = "2800 00000000 00 0200 00";
  private static final String WRITE_BEHIND = "2a00 00000200 00 0200 00";
  private static final String READ_BEHIND = "2800 00000200 00 0200 00";
  private static final String TEST_UNIT_READY = "000000000000";

  private MemoryPortal portal;
  private Initiator one;
  private Initiator two;
  private Initiator other;

  @BeforeEach
  void start() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(1 << 20));
    one = new Initiator(portal.address());
    two = new Initiator(portal.address());
    other = new Initiator(portal.address());
  }

  @AfterEach
  void stop() throws IOException {
    one.close();
    two.close();
    other.close();
    portal.close();
  }

  /** Logs in; returns the session's TSIH. */
  private static int logIn(Initiator initiator, String name, String... more) throws IOException {
    String[] keys = new String[3 + more.length];
    keys[0] = "InitialR2T=Yes";
    keys[1] = "ImmediateData=No";
    keys[2] = "MaxConnections=2";
    System.arraycopy(more, 0, keys, 3, more.length);
    Reply reply = initiator.logInAs(name, MemoryPortal.NAME, 1, keys);
    assertThat(reply.loginStatus()).isZero();
    return reply.header().tsih();
  }

  private static ByteBuffer random(int seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  /** Begins a write of which all data is asked for; returns its tag. */
  private static int begin(Initiator initiator, String cdb) throws IOException {
    int tag = initiator.command(cdb, SENDS, BYTES, NOTHING);
    Reply asked = initiator.receive();
    assertThat(asked.header().opcode()).isEqualTo(Opcode.READY_TO_TRANSFER);
    initiator.transferTag(asked.header().targetTransferTag());
    return tag;
  }

  /** The last Data-Out of a write, as it goes over the wire without digests. */
  private static ByteBuffer dataOut(Initiator initiator, int tag, ByteBuffer data) {
    ByteBuffer pdu = ByteBuffer.allocate(BasicHeader.BYTES + data.remaining());
    pdu.put(0, (byte) Opcode.DATA_OUT).put(1, (byte) BasicHeader.FINAL);
    pdu.putInt(4, data.remaining()).putInt(16, tag).putInt(20, initiator.transferTag());
    return pdu.put(BasicHeader.BYTES, data, data.position(), data.remaining());
  }

  private static void send(Initiator initiator, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      initiator.socket().write(bytes);
    }
  }

  /** Until the target is likely to wait for the rest of what was sent. */
  private static void pause() throws InterruptedException {
    Thread.sleep(20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"None", "CRC32C"})
  void aWriteIsWhatWasSentHoweverItCame(String headerDigest) throws Exception {
    logIn(one, "iqn.2026-11.test:one", "HeaderDigest=" + headerDigest);
    for (int piece : new int[] {4096, 60_000, 65_536, BYTES}) {
      ByteBuffer data = random(piece);
      int tag = begin(one, WRITE_AT_0);
      int number = 0;
      for (int at = 0; at < BYTES; at += piece) {
        int length = Math.min(piece, BYTES - at);
        boolean last = at + length == BYTES;
        one.dataOut(tag, one.transferTag(), number++, at, last, data.slice(at, length));
      }
      assertThat(one.receive().status()).isZero();
      assertThat(one.read(READ_AT_0, BYTES).data()).isEqualTo(data);
    }
  }

  @Test
  void whatIsNotAskedForDoesNotLand() throws Exception {
    logIn(one, "iqn.2026-11.test:one");
    ByteBuffer before = random(1);
    int tag = begin(one, WRITE_AT_0);
    send(one, dataOut(one, tag, before));
    assertThat(one.receive().status()).isZero();
    tag = begin(one, WRITE_AT_0);
    ByteBuffer wrong = dataOut(one, tag, random(2));
    wrong.putInt(40, 512); // its offset
    send(one, wrong.slice(0, BYTES / 2));
    pause();
    send(one, wrong.slice(BYTES / 2, wrong.capacity() - BYTES / 2));
    assertThat(one.receive().status()).isEqualTo(2);
    assertThat(one.read(READ_AT_0, BYTES).data()).isEqualTo(before);
  }

  /**
   * The task is aborted by another session, and found to be so by the thread that goes on with a
   * command whose turn came over the other connection, all while the first waits for the rest.
   */
  @Test
  void whatArrivesForAnAbortedWriteHarmsNoOther() throws Exception {
    two.joins(logIn(one, "iqn.2026-11.test:one"), 1);
    two.logInAs("iqn.2026-11.test:one", MemoryPortal.NAME, 1);
    logIn(other, "iqn.2026-11.test:other");
    int aborted = begin(one, WRITE_AT_0);
    int turn = one.cmdSn();
    one.cmdSn(turn + 1);
    one.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING); // waits for its turn
    ByteBuffer late = dataOut(one, aborted, random(3));
    send(one, late.slice(0, 10_000));
    pause();

    other.send(
        Opcode.TASK_MANAGEMENT_REQUEST | IMMEDIATE,
        NOTHING,
        header -> header.flags(BasicHeader.FINAL | LUN_RESET).targetTransferTag(-1));
    assertThat(other.receive().header().byteAt(2)).isZero();
    two.cmdSn(turn);
    two.command(TEST_UNIT_READY, BasicHeader.FINAL, 0, NOTHING);
    two.receive();
    one.receive();

    assertThat(other.read(READ_AT_0, BYTES).status()).as("tells of the reset").isEqualTo(2);
    ByteBuffer data = random(4);
    int tag = begin(other, WRITE_BEHIND);
    other.dataOut(tag, other.transferTag(), 0, 0, false, data.slice(0, 128 << 10));
    pause();
    send(one, late.slice(10_000, late.capacity() - 10_000));
    pause();
    other.dataOut(tag, other.transferTag(), 1, 128 << 10, true, data.slice(128 << 10, 128 << 10));
    assertThat(other.receive().status()).isZero();
    assertThat(other.read(READ_BEHIND, BYTES).data()).isEqualTo(data);
    assertThat(other.read(READ_AT_0, BYTES).data()).isEqualTo(ByteBuffer.allocate(BYTES));
  }
}
