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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was damaged on its way, RFC 7143 section 7.8, at error recovery level 0. */
@Timeout(300)
class DigestErrorTest {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int DATA_BYTES = 512;

  private MemoryPortal portal;
  private Initiator initiator;

  @BeforeEach
  void start() throws IOException {
    portal = new MemoryPortal(new MemoryDisk(1 << 20));
    initiator = new Initiator(portal.address());
  }

  @AfterEach
  void stop() throws IOException {
    initiator.close();
    portal.close();
  }

  /** A PDU with data, and digests that are wrong. */
  private void sendDamaged(int opcode, int tag, int transferTag, int offset, int digests)
      throws IOException {
    ByteBuffer pdu = ByteBuffer.allocate(BasicHeader.BYTES + DATA_BYTES + digests * Integer.BYTES);
    pdu.put(0, (byte) opcode).put(1, (byte) BasicHeader.FINAL).putInt(4, DATA_BYTES);
    pdu.putInt(16, tag).putInt(20, transferTag).putInt(24, initiator.cmdSn());
    pdu.putInt(40, offset);
    pdu.putInt(pdu.capacity() - Integer.BYTES, 0xbadbad);
    while (pdu.hasRemaining()) {
      initiator.socket().write(pdu);
    }
  }

  private void assertRejected() throws IOException {
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.REJECT);
    assertThat(reply.header().byteAt(2)).isEqualTo(Replies.DATA_DIGEST_ERROR);
  }

  private void assertReady() throws IOException {
    initiator.command("000000000000", BasicHeader.FINAL, 0, NOTHING);
    assertThat(initiator.receive().status()).isZero();
  }

  @Test
  void aWriteWhoseDataWasDamagedFailsWhenAllOfItHasCome() throws IOException {
    initiator.logIn(
        "DataDigest=CRC32C",
        "InitialR2T=Yes",
        "ImmediateData=No",
        "MaxBurstLength=512",
        "MaxOutstandingR2T=2");
    int tag =
        initiator.command(
            "2a00 00000000 00 0002 00", BasicHeader.FINAL | BasicHeader.WRITE, 1024, NOTHING);
    int first = initiator.receive().header().targetTransferTag();
    int second = initiator.receive().header().targetTransferTag();
    sendDamaged(Opcode.DATA_OUT, tag, first, 0, 1);
    assertRejected();
    initiator.dataOut(tag, second, 0, 512, true, ByteBuffer.allocate(512));
    Reply failed = initiator.receive();
    assertThat(failed.header().initiatorTaskTag()).isEqualTo(tag);
    assertThat(failed.sense()).isEqualTo(0xb4705);
    assertReady();
  }

  @Test
  void aDamagedCommandIsRejectedAndDropped() throws IOException {
    initiator.logIn("DataDigest=CRC32C");
    sendDamaged(Opcode.NOP_OUT, 5, BasicHeader.NO_TAG, 0, 1);
    assertRejected();
    assertReady(); // with the CmdSN of the one that was dropped
  }

  @Test
  void aDamagedHeaderEndsTheConnection() throws IOException {
    initiator.logIn("HeaderDigest=CRC32C");
    sendDamaged(Opcode.NOP_OUT, 5, BasicHeader.NO_TAG, 0, 1);
    assertThatExceptionOfType(IOException.class).isThrownBy(initiator::receive);
  }

  @Test
  void aSnackIsRejected() throws IOException {
    initiator.logIn();
    initiator.send(Opcode.SNACK_REQUEST, NOTHING, _ -> {});
    Reply reply = initiator.receive();
    assertThat(reply.header().opcode()).isEqualTo(Opcode.REJECT);
    assertThat(reply.header().byteAt(2)).isEqualTo(Replies.SNACK_REJECT);
    initiator.cmdSn(initiator.cmdSn() - 1); // it has none
    assertReady();
  }
}
