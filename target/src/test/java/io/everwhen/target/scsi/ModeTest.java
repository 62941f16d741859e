package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModeTest {

  private final MemoryDisk disk = new MemoryDisk(1 << 20);
  private final LunMap map = LunMap.of(new LogicalUnit(disk, DiskIdentity.of("a disk")));
  private final TestPort port = new TestPort("one", map);
  private final TestPort other = new TestPort("two", map);

  @Test
  void allPagesComeWithTheirSubpagesWhenThoseAreAskedFor() throws IOException {
    assertThat(pages("1a 08 3f 00 ff 00")).containsExactly("08", "0a", "1c");
    assertThat(pages("1a 08 3f ff ff 00")).containsExactly("08", "0a", "0a/01", "1c");
    assertThat(pages("1a 08 0a ff ff 00")).containsExactly("0a", "0a/01");
    assertThat(pages("1a 08 0a 01 ff 00")).containsExactly("0a/01");
    assertThat(port.sense("1a 08 0a 02 ff 00")).isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(port.sense("1a 08 08 01 ff 00")).isEqualTo(Sense.INVALID_FIELD_IN_CDB);
  }

  private List<String> pages(String cdb) throws IOException {
    assertThat(port.sense(cdb)).isNull();
    ByteBuffer in = port.returned();
    assertThat(in.get(0)).isEqualTo((byte) (in.limit() - 1));
    in.position(4);
    List<String> pages = new ArrayList<>();
    while (in.hasRemaining()) {
      int at = in.position();
      boolean subpage = (in.get(at) & 0x40) != 0;
      String code = "%02x".formatted(in.get(at) & 0x3f);
      pages.add(subpage ? code + "/%02x".formatted(in.get(at + 1)) : code);
      in.position(at + (subpage ? 4 + in.getShort(at + 2) : 2 + in.get(at + 1)));
    }
    return pages;
  }

  @Test
  void aDiskThatWritesThroughSaysThatItHasNoWriteCacheAndEverybodyIsTold() throws IOException {
    assertThat(port.sense("1a 08 08 00 ff 00")).isNull();
    assertThat(port.returned().get(4 + 2)).isEqualTo((byte) 0x04);
    disk.writeThrough(true);
    for (TestPort each : List.of(port, other)) {
      assertThat(each.sense("000000000000")).isEqualTo(Sense.MODE_PARAMETERS_CHANGED);
      assertThat(each.sense("000000000000")).isNull();
    }
    for (String current : List.of("1a 08 08 00 ff 00", "1a 08 88 00 ff 00")) {
      assertThat(port.sense(current)).isNull();
      assertThat(port.returned().get(4 + 2)).isZero();
    }
    assertWhatIsReturnedCanBeSelected();
    String cached = "00000000 0812 0400 0000 0000 0000 0000 00000000 00000000";
    assertThat(port.sense("15 10 0000 18 00", data(cached)))
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
  }

  @Test
  void whatEachControlFieldSaysAgrees() throws IOException {
    assertThat(port.sense("1a 08 4a 00 ff 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("0f 00 10 00 0a0a 0400 0800 0000 0000 0000"));
    assertThat(port.sense("1a 08 8a 00 ff 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("0f 00 10 00 0a0a 0210 0000 0000 0000 0000"));
    assertThat(port.sense("1a 08 ca 00 ff 00")).isEqualTo(Sense.SAVING_PARAMETERS_NOT_SUPPORTED);
  }

  @Test
  void descriptorSenseIsChosenForEverybodyWhoIsTold() throws IOException {
    assertThat(port.units().nexus(0).descriptorSense()).isFalse();
    String list = "00000000 0a0a 0610 0000 0000 0000 0000";
    assertThat(port.sense("15 10 0000 10 00", data(list))).isNull();
    assertThat(other.units().nexus(0).descriptorSense()).isTrue();
    assertThat(other.sense("000000000000")).isEqualTo(Sense.MODE_PARAMETERS_CHANGED);
    assertThat(port.sense("15 10 0000 10 00", data(list))).as("again").isNull();
    assertThat(other.sense("000000000000")).as("nothing is different").isNull();
    assertThat(port.sense("1a 08 0a 00 ff 00")).isNull();
    assertThat(port.returned().get(4 + 2)).isEqualTo((byte) 0x06);
  }

  @Test
  void whatModeSenseReturnsCanBeSelected() throws IOException {
    assertWhatIsReturnedCanBeSelected();
  }

  private void assertWhatIsReturnedCanBeSelected() throws IOException {
    for (String sense : List.of("5a 10 3f ff 000000 00ff 00", "5a 00 3f ff 000000 00ff 00")) {
      assertThat(port.sense(sense)).isNull();
      ByteBuffer list = port.returned();
      String select = "55 10 0000000000 %04x 00".formatted(list.limit());
      assertThat(port.sense(select, list)).isNull();
    }
  }

  @Test
  void aResetBringsTheDefaultsBackAndIsToldFirst() throws IOException {
    String list = "00000000 0a0a 0610 0800 0000 0000 0000";
    assertThat(port.sense("15 10 0000 10 00", data(list))).isNull();
    port.units().nexus(0).reset();
    assertThat(other.sense("000000000000")).isEqualTo(Sense.DEVICE_RESET);
    assertThat(other.sense("000000000000")).isEqualTo(Sense.MODE_PARAMETERS_CHANGED);
    assertThat(other.sense("1a 08 0a 00 ff 00")).isNull();
    assertThat(other.returned()).isEqualTo(data("0f 00 10 00 0a0a 0210 0000 0000 0000 0000"));
  }

  @Test
  void aListWithOneWrongPageChangesNothing() throws IOException {
    ByteBuffer list = data("00000000 0a0a 0610 0800 0000 0000 0000 1c0a 0100 00000000 00000000");
    assertThat(port.sense("15 10 0000 1c 00", list))
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(port.units().nexus(0).descriptorSense()).isFalse();
    assertThat(other.sense("000000000000")).isNull();
  }
}
