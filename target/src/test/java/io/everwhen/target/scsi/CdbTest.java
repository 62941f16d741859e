package io.everwhen.target.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class CdbTest {

  @Test
  void readsAndWritesOfEveryLength() {
    assertThat(decode("08 1fffff 00 00")).isEqualTo(new Cdb.Read(0, 0x1fffff, 256));
    assertThat(decode("28 38 ffffffff 00 ffff 00")).isEqualTo(new Cdb.Read(1, 0xffffffffL, 0xffff));
    assertThat(decode("a8 00 00000001 ffffffff 00 00")).isEqualTo(new Cdb.Read(0, 1, 0xffffffffL));
    assertThat(decode("88 00 8000000000000000 00000001 00 00"))
        .isEqualTo(new Cdb.Read(0, Long.MIN_VALUE, 1));
    assertThat(decode("0a 000001 02 00")).isEqualTo(new Cdb.Write(0, false, false, 0, 1, 2));
    assertThat(decode("2a 08 00000001 00 0002 00"))
        .isEqualTo(new Cdb.Write(0, true, false, 0, 1, 2));
    assertThat(decode("8e 02 0000000000000001 00000002 00 00"))
        .isEqualTo(new Cdb.Write(0, false, true, 1, 1, 2));
  }

  @Test
  void writeSameTellsItsFlags() {
    assertThat(decode("93 09 0000000000000001 00000002 00 00"))
        .isEqualTo(new Cdb.WriteSame(0, false, true, true, 1, 2));
    assertThat(decode("41 10 00000001 00 0002 00"))
        .isEqualTo(new Cdb.WriteSame(0, true, false, false, 1, 2));
  }

  @Test
  void serviceActionsThatAreNotServedAreUnknown() {
    assertThat(decode("9e 10 0000000000000000 00000020 00 00"))
        .isEqualTo(new Cdb.ReadCapacity16(0, false, 32));
    assertThat(decode("9e 11 0000000000000000 00000020 00 00")).isEqualTo(new Cdb.Unknown(0x9e));
    assertThat(decode("a3 1e 00 00 0000 00000020 00 00")).isEqualTo(new Cdb.Unknown(0xa3));
  }

  @Test
  void aMarkSetsNoReservedByte() {
    assertThat(decode("c0 000000000000 0102 00")).isEqualTo(new Cdb.Mark(258));
    for (int at = 1; at <= 6; at++) {
      ByteBuffer cdb = ByteBuffer.allocate(Cdb.BYTES_MAX).put(0, (byte) 0xc0).put(at, (byte) 0x80);
      assertThat(Cdb.decode(cdb, 0)).as("byte %d", at).isEqualTo(new Cdb.Invalid());
    }
    assertThat(decode("c0 000000000000 0001 04")).as("NACA").isEqualTo(new Cdb.Invalid());
    assertThat(decode("c1 000000000000 0001 00")).isEqualTo(new Cdb.Unknown(0xc1));
    assertThat(decode("e0 000000000000 0001 00")).isEqualTo(new Cdb.Unknown(0xe0));
  }

  @Test
  void nacaIsRefusedAndEveryByteDecodes() {
    assertThat(decode("00 00000000 04")).isEqualTo(new Cdb.Invalid());
    for (int code = 0; code < 256; code++) {
      assertThat(Cdb.decode(ByteBuffer.allocate(16).put(0, (byte) code), 0)).isNotNull();
    }
  }

  @Test
  void whatComesWithACommandIsKnown() {
    assertThat(decode("2a 00 00000000 00 0010 00").dataOutBytes(4096)).isEqualTo(16 * 4096);
    assertThat(decode("aa 00 00000000 ffffffff 00 00").dataOutBytes(4096))
        .isEqualTo(0xffffffffL * 4096);
    assertThat(decode("2f 06 00000000 00 0010 00").dataOutBytes(512))
        .as("BYTCHK=3: one block")
        .isEqualTo(512);
    assertThat(decode("2f 00 00000000 00 0010 00").dataOutBytes(512)).isZero();
    assertThat(decode("93 01 0000000000000001 00000002 00 00").dataOutBytes(512))
        .as("NDOB")
        .isZero();
    assertThat(decode("42 00 00000000 00 0018 00").dataOutBytes(512)).isEqualTo(24);
  }

  @Test
  void aWriteIsCutToWholeBlocksThatWereAnnounced() {
    Cdb write = decode("2a 00 00000005 00 0002 00");
    assertThat(write.withDataOut(5000, 512)).isSameAs(write);
    assertThat(write.withDataOut(512, 512)).isEqualTo(new Cdb.Write(0, false, false, 0, 5, 1));
    assertThat(write.withDataOut(200, 512)).isNull();
    assertThat(decode("42 00 00000000 00 0018 00").withDataOut(20, 512)).isNull();
    assertThat(decode("41 00 00000000 00 0018 00").withDataOut(1024, 512)).isNull();
  }

  private static Cdb decode(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    return Cdb.decode(ByteBuffer.allocate(20).put(3, bytes), 3);
  }
}
