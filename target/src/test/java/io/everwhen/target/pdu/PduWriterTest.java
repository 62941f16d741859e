package io.everwhen.target.pdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.target.block.Loan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
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

  /** What is lent for a test, and how it was given back. */
  private static final class TestLoan implements Loan {
    private final ByteBuffer content;
    private final List<Boolean> ends = new ArrayList<>();

    TestLoan(int bytes, int first) {
      content = ByteBuffer.allocate(bytes);
      for (int i = 0; i < bytes; i++) {
        content.put(i, (byte) (first + i));
      }
    }

    @Override
    public ByteBuffer content() {
      return content;
    }

    @Override
    public void giveBack(boolean used) {
      ends.add(used);
    }
  }

  @Test
  void whatIsLentIsSentBetweenItsHeadersAndThenGivenBack() throws IOException {
    for (Digest headerDigest : Digest.values()) {
      GatheredBytes sent = new GatheredBytes();
      PduWriter lending = new PduWriter(sent, 4096);
      lending.digests(headerDigest, Digest.NONE);
      TestLoan three = new TestLoan(10_000, 0);
      TestLoan one = new TestLoan(4096, 7);
      lending.add(Opcode.NOP_IN);
      lending.commit(three, 9_999, 4096, (header, bytes) -> header.dataSn(bytes));
      fill(lending.claim(512, 4096));
      lending.commit(512, 4096, (header, bytes) -> {});
      lending.commit(one, 4096, 4096, (header, bytes) -> {});
      BasicHeader amended = new BasicHeader();
      assertThat(lending.canAmend(amended)).isTrue();
      amended.flags(BasicHeader.STATUS);
      assertThat(three.ends).isEmpty();
      lending.giveBack();
      assertThat(three.ends).containsExactly(true);
      assertThat(one.ends).containsExactly(true);
      assertThat(sent.writes()).isEqualTo(1);
      int headBytes = 48 + headerDigest.bytes();
      ByteBuffer bytes = sent.bytes();
      int at = headBytes;
      int[] sizes = {4096, 4096, 1807, 512, 4096};
      int[] first = {0, 4096, 8192, 0, 7};
      for (int pdu = 0; pdu < sizes.length; pdu++) {
        assertThat(new BasicHeader().wrap(bytes, at).dataBytes()).isEqualTo(sizes[pdu]);
        assertThat(bytes.get(at + 1)).isEqualTo((byte) (pdu == 4 ? BasicHeader.STATUS : 0));
        if (headerDigest != Digest.NONE) {
          assertThat(bytes.getInt(at + 48)).isEqualTo(crc(bytes, at, 48));
        }
        for (int i = 0; i < sizes[pdu]; i++) {
          assertThat(bytes.get(at + headBytes + i)).isEqualTo((byte) (first[pdu] + i));
        }
        at += headBytes + (sizes[pdu] + 3) / 4 * 4;
      }
      assertThat(at).isEqualTo(bytes.limit());
    }
  }

  @Test
  void keepsNoMoreThanItWouldOfItsOwn() throws IOException {
    int most = PduWriter.BUFFER_BYTES_MAX / PduWriter.CLAIM_BYTES_MAX;
    List<TestLoan> loans = new ArrayList<>();
    for (int i = 0; i <= most; i++) {
      TestLoan loan = new TestLoan(PduWriter.CLAIM_BYTES_MAX, i);
      loans.add(loan);
      writer.commit(loan, PduWriter.CLAIM_BYTES_MAX, 1 << 18, (header, bytes) -> {});
      assertThat(loans.get(0).ends).hasSize(i < most ? 0 : 1);
    }
    assertThat(loans.get(most).ends).isEmpty();
    writer.drop();
    assertThat(loans).allMatch(loan -> loan.ends.equals(List.of(true)));
    assertThat(writer.isEmpty()).isTrue();
  }

  @Test
  void whatCannotBeSentIsGivenBackAsSuch() {
    TestLoan loan = new TestLoan(4096, 0);
    PduWriter broken =
        new PduWriter(
            new GatheredBytes() {
              @Override
              public long write(ByteBuffer[] from, int offset, int length) {
                throw new IllegalStateException("closed");
              }
            },
            4096);
    assertThatThrownBy(
            () -> {
              broken.commit(loan, 4096, 4096, (header, bytes) -> {});
              broken.flush();
            })
        .isInstanceOf(IOException.class);
    assertThat(loan.ends).containsExactly(false);
  }

  @Test
  void borrowsNothingThatItHasToCalculateWith() {
    assertThat(writer.borrows()).isTrue();
    writer.digests(Digest.CRC32C, Digest.CRC32C);
    assertThat(writer.borrows()).isFalse();
  }

  private static int crc(ByteBuffer bytes, int at, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(at, length));
    return Integer.reverseBytes((int) crc.getValue());
  }
}
