package io.everwhen.target.pdu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class PduWriterTest {

  private final GatheredBytes out = new GatheredBytes();
  private final PduWriter writer = new PduWriter(out, 1 << 20);

  @Test
  void aBurstOfRepliesIsOneWrite() throws IOException {
    for (int i = 0; i < 32; i++) {
      writer.add(Opcode.SCSI_RESPONSE).initiatorTaskTag(i);
      fill(writer.claim(1024, 4096));
      writer.commit(1024, 4096, (header, bytes) -> {});
    }
    writer.flush();
    assertThat(out.writes()).isEqualTo(1);
    assertThat(out.bytes().remaining()).isEqualTo(32 * (48 + 48 + 1024));
  }

  @Test
  void interleavesHeadersWithOneReadBuffer() throws IOException {
    fill(writer.claim(10_000, 4096));
    writer.commit(10_000, 4096, (header, bytes) -> header.dataSn(bytes));
    writer.flush();
    ByteBuffer bytes = out.bytes();
    assertThat(bytes.remaining()).isEqualTo(3 * 48 + 10_000);
    BasicHeader header = new BasicHeader();
    int at = 0;
    int expected = 0;
    for (int size : new int[] {4096, 4096, 1808}) {
      header.wrap(bytes, at);
      assertThat(header.opcode()).isEqualTo(Opcode.DATA_IN);
      assertThat(header.dataBytes()).isEqualTo(size);
      assertThat(header.dataSn()).isEqualTo(size);
      for (int i = 0; i < size; i++) {
        assertThat(bytes.get(at + 48 + i)).isEqualTo((byte) expected++);
      }
      at += 48 + size;
    }
  }

  @Test
  void padsToFourBytesAndDigestsThePadding() throws IOException {
    for (int perPdu : new int[] {4096, 513}) {
      GatheredBytes sent = new GatheredBytes();
      PduWriter digesting = new PduWriter(sent, 256);
      digesting.digests(Digest.CRC32C, Digest.CRC32C);
      fill(digesting.claim(1539, perPdu));
      digesting.commit(1539, perPdu, (header, bytes) -> {});
      digesting.flush();
      ByteBuffer bytes = sent.bytes();
      for (int at = 0; at < bytes.limit(); ) {
        int size = new BasicHeader().wrap(bytes, at).dataBytes();
        int padded = (size + 3) / 4 * 4;
        assertThat(bytes.getInt(at + 48)).isEqualTo(crc(bytes, at, 48));
        assertThat(bytes.getInt(at + 52 + padded)).isEqualTo(crc(bytes, at + 52, padded));
        at += 52 + padded + 4;
      }
    }
  }

  /** RFC 7143 appendix A: 32 bytes of zeros have the digest aa 36 91 8a. */
  @Test
  void digestsAsTheRfcDoes() {
    assertThat(Digest.crc(new CRC32C(), ByteBuffer.allocate(32), 0, 32)).isEqualTo(0xaa36918a);
  }

  @Test
  void anUnsentPduCanBeAmended() throws IOException {
    BasicHeader amended = new BasicHeader();
    assertThat(writer.canAmend(amended)).isFalse();
    writer.add(Opcode.DATA_IN);
    assertThat(writer.canAmend(amended)).isTrue();
    amended.flags(BasicHeader.STATUS);
    writer.flush();
    assertThat(out.bytes().get(1)).isEqualTo((byte) BasicHeader.STATUS);
    assertThat(writer.canAmend(amended)).isFalse();
  }

  private static void fill(ByteBuffer room) {
    for (int i = 0; room.hasRemaining(); i++) {
      room.put((byte) i);
    }
  }

  private static int crc(ByteBuffer bytes, int at, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(at, length));
    return Integer.reverseBytes((int) crc.getValue());
  }
}
