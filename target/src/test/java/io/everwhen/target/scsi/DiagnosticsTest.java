package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiagnosticsTest {

  private final LunMap map =
      LunMap.of(new LogicalUnit(new MemoryDisk(1 << 20), DiskIdentity.of("a disk")));
  private final TestPort port = new TestPort("one", map);
  private final TestPort other = new TestPort("two", map);

  @Test
  void logPagesAreListedAndSayThatAllIsWell() throws IOException {
    assertThat(port.sense("4d 00 40 00 00 0000 00ff 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("00 00 0002 00 2f"));
    assertThat(port.sense("4d 00 40 ff 00 0000 00ff 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("40 ff 0006 0000 00ff 2f00"));
    assertThat(port.sense("4d 00 6f 00 00 0000 00ff 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("2f 00 0008 0000 03 04 00 00 ff 00"));
    assertThat(port.sense("4d 00 6f 00 00 0000 0004 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("2f 00 0008"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4d 01 40 00 00 0000 00ff 00",
        "4d 00 4d 00 00 0000 00ff 00",
        "4d 00 6f ff 00 0000 00ff 00",
        "4d 00 6f 00 00 0001 00ff 00",
        "3c 01 00 000000 000010 00",
        "3c 02 01 000000 000010 00",
        "3c 02 00 004001 000010 00",
        "3b 02 01 000000 000010 00",
        "3b 02 00 003ff1 000010 00",
        "3b 0a 00 000000 001001 00",
        "3b 05 00 000000 000010 00",
      })
  void whatIsNotThereIsAnInvalidField(String cdb) throws IOException {
    assertThat(port.sense(cdb)).isEqualTo(Sense.INVALID_FIELD_IN_CDB);
  }

  @Test
  void theEchoBufferReturnsWhatTheSameNexusWrote() throws IOException {
    assertThat(port.sense("3c 0b 00 000000 000004 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("01 00 1000"));
    assertThat(port.sense("3c 0a 00 000000 000010 00")).isEqualTo(Sense.COMMAND_SEQUENCE_ERROR);
    assertThat(port.sense("3b 0a 00 000000 000004 00", data("01020304"))).isNull();
    assertThat(other.sense("3b 0a 00 000000 000004 00", data("05060708"))).isNull();
    assertThat(port.sense("3c 0a 00 000000 000010 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("01020304"));
  }

  @Test
  void theDataBufferIsWrittenAndReadAtAnyOffset() throws IOException {
    assertThat(port.sense("3c 03 00 000000 000004 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("00 004000"));
    assertThat(port.sense("3b 02 00 003ffc 000004 00", data("01020304"))).isNull();
    assertThat(port.sense("3c 02 00 003ffb 000010 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("00 01020304"));
    assertThat(port.sense("3c 02 00 000000 004000 00")).isNull();
    assertThat(port.returned().limit()).isEqualTo(16 << 10);
    assertThat(other.sense("3c 02 00 003ffc 000004 00")).isNull();
    assertThat(other.returned()).as("of another nexus").isEqualTo(ByteBuffer.allocate(4));
  }

  @Test
  void everyCommandThatIsServedIsReported() throws IOException {
    assertThat(port.sense("a3 0c 00 00 0000 0000ffff 00 00")).isNull();
    ByteBuffer all = port.returned();
    Set<Integer> codes = new TreeSet<>();
    Set<Integer> actions = new TreeSet<>();
    for (int at = 4; at < all.limit(); at += 8) {
      codes.add(all.get(at) & 0xff);
      actions.add((all.get(at) & 0xff) << 8 | all.getShort(at + 2));
    }
    for (int code = 0; code < 256; code++) {
      for (int action = 0; action < 32; action++) {
        byte[] cdb = new byte[Cdb.BYTES_MAX];
        cdb[0] = (byte) code;
        cdb[1] = (byte) action;
        boolean served = !(Cdb.decode(ByteBuffer.wrap(cdb), 0) instanceof Cdb.Unknown);
        assertThat(served && !codes.contains(code)).as("%02x is not reported", code).isFalse();
        boolean byAction = code == 0x9e || code == 0xa3;
        assertThat(byAction && served && !actions.contains(code << 8 | action))
            .as("%02x %02x is not reported", code, action)
            .isFalse();
      }
    }
  }

  @Test
  void everyCommandThatIsReportedIsServed() throws IOException {
    assertThat(port.sense("a3 0c 00 00 0000 0000ffff 00 00")).isNull();
    ByteBuffer all = port.returned();
    assertThat(all.getInt(0)).isEqualTo(all.limit() - 4);
    for (int at = 4; at < all.limit(); at += 8) {
      byte[] cdb = new byte[Cdb.BYTES_MAX];
      cdb[0] = all.get(at);
      boolean hasAction = (all.get(at + 5) & 1) != 0;
      cdb[1] = hasAction ? (byte) all.getShort(at + 2) : 0;
      assertThat(Cdb.decode(ByteBuffer.wrap(cdb), 0))
          .as("%02x %02x", cdb[0], cdb[1])
          .isNotInstanceOf(Cdb.Unknown.class);
      String one = hasAction ? "02" : "01";
      assertThat(
              port.sense(
                  "a3 0c %s %02x %04x 000000ff 00 00"
                      .formatted(one, cdb[0], hasAction ? cdb[1] : 0)))
          .isNull();
      assertThat(port.returned().getShort(2)).as("CDB size").isEqualTo(all.getShort(at + 6));
      assertThat(port.returned().get(4)).isEqualTo(cdb[0]);
    }
  }
}
