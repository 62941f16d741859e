package io.everwhen.target.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransportIdTest {

  private static final String ISID = ",i,0x00023d000001";

  @ParameterizedTest
  @ValueSource(ints = {4, 10, 19, 20, 21, 222, 223})
  void aNameComesBackFromItsTransportId(int length) {
    String name = "iqn." + "x".repeat(length - 4) + ISID;
    ByteBuffer id = ByteBuffer.wrap(TransportId.of(name));
    assertThat(id.limit() % 4).isZero();
    assertThat(id.limit()).isBetween(24, TransportId.BYTES_MAX);
    assertThat(TransportId.read(id)).isEqualTo(name);
    assertThat(id.hasRemaining()).isFalse();
  }

  @Test
  void namesAreFoldedToLowerCase() {
    assertThat(TransportId.read(ByteBuffer.wrap(TransportId.of("IQN.X" + ",i,0x00023D000001"))))
        .isEqualTo("iqn.x" + ISID);
  }

  @Test
  void whatIsCutShortOrNotOfAnIscsiPortIsRefused() {
    byte[] whole = TransportId.of("iqn.x" + ISID);
    for (int length = 0; length < whole.length; length++) {
      assertThat(TransportId.read(ByteBuffer.wrap(whole, 0, length))).as("%d", length).isNull();
    }
    assertThat(TransportId.read(with(whole, 0, 0x05))).as("a device, not a port").isNull();
    assertThat(TransportId.read(with(whole, 0, 0x46))).as("SAS").isNull();
    assertThat(TransportId.read(with(whole, 3, 21))).as("not whole words").isNull();
    assertThat(TransportId.read(with(whole, 5, ','))).isNull();
    assertThat(TransportId.read(ByteBuffer.wrap(TransportId.of("iqn.x")))).as("no ISID").isNull();
    assertThat(TransportId.read(ByteBuffer.wrap(TransportId.of("x".repeat(224) + ISID)))).isNull();
  }

  private static ByteBuffer with(byte[] whole, int at, int value) {
    return ByteBuffer.wrap(whole.clone()).put(at, (byte) value);
  }

  @Test
  void everyPossibleRegistrantFitsTheReportWhateverItsName() throws IOException {
    LunMap map = LunMap.of(new LogicalUnit(new MemoryDisk(1 << 20), DiskIdentity.of("a disk")));
    TestPort port = new TestPort("\ufffd".repeat(223) + ISID, map);
    for (int i = 0; i < Reservations.REGISTRATIONS_MAX; i++) {
      TestPort registrant =
          i == 0 ? port : new TestPort("\ufffd".repeat(223) + ",i,0x%012x".formatted(i), map);
      assertThat(
              registrant.sense(
                  "5f 06 00 0000 00000018 00", ByteBuffer.allocate(24).putLong(8, i + 1)))
          .isNull();
    }
    assertThat(port.sense("5e 03 0000000000 ffff 00")).isNull();
    assertThat(port.returned().limit()).isEqualTo(0xffff);
    assertThat(port.returned().getInt(4)).isGreaterThan(0xffff);
  }
}
