package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.Geometry;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InquiryTest {

  private static final String TARGET = "iqn.2026-11.io.everwhen:disk";
  private static final TargetPort FIRST = TargetPort.ofPortalGroup(TARGET, 1);
  private static final TargetPort SECOND = TargetPort.ofPortalGroup(TARGET, 2);

  private final MemoryDisk disk = new MemoryDisk(new Geometry(512, 4096, 1 << 12));
  private final LunMap map = LunMap.of(new LogicalUnit(disk, DiskIdentity.of("a disk")));
  private final TestPort port =
      new TestPort("one", new TargetPorts(SECOND, List.of(FIRST, SECOND)), map);

  /** One designation descriptor. */
  private record Designator(int protocolAndCodeSet, int kind, ByteBuffer value) {

    String text() {
      return US_ASCII.decode(value.duplicate()).toString().replace("\0", "");
    }
  }

  @Test
  void standardDataSaysWhatTheUnitCan() throws IOException {
    assertThat(port.sense("12 00 00 00ff 00")).isNull();
    ByteBuffer page = port.returned();
    assertThat(page.limit()).isEqualTo(page.get(4) + 5);
    assertThat(page.get(2)).as("SPC-4").isEqualTo((byte) 6);
    assertThat(page.get(5) & 0x31).as("TPGS implicit, PROTECT 0").isEqualTo(0x10);
    assertThat(page.get(6) & 0x10).as("MULTIP").isEqualTo(0x10);
    assertThat(page.get(7) & 2).as("CMDQUE").isEqualTo(2);
    assertThat(page.slice(58, 8)).isEqualTo(data("00a0 0960 0460 04c0"));
  }

  @Test
  void everyPageOfTheListIsThereAndAsLongAsItSays() throws IOException {
    ByteBuffer list = page(0x00);
    List<Integer> pages = new ArrayList<>();
    while (list.hasRemaining()) {
      pages.add(list.get() & 0xff);
    }
    assertThat(pages).isSorted();
    assertThat(pages).contains(0x00, 0x80, 0x83, 0x86, 0x87, 0x88, 0xb0, 0xb1, 0xb2, 0xb3);
    for (int page : pages) {
      page(page);
    }
  }

  /** The page, behind its header, which is checked. */
  private ByteBuffer page(int page) throws IOException {
    assertThat(port.sense("12 01 %02x ffff 00".formatted(page))).as("%02x", page).isNull();
    ByteBuffer all = port.returned();
    assertThat(all.get(1) & 0xff).isEqualTo(page);
    assertThat(all.getShort(2)).isEqualTo((short) (all.limit() - 4));
    return all.slice(4, all.limit() - 4);
  }

  @Test
  void theUnitItsPortAndItsTargetAreIdentified() throws IOException {
    List<Designator> all = designators(page(0x83));
    assertThat(all.stream().map(d -> d.kind() & 0x3f))
        .containsExactly(0x03, 0x02, 0x01, 0x08, 0x14, 0x15, 0x18, 0x28);
    long naa = all.get(0).value().getLong(0);
    assertThat(naa >>> 60).as("locally assigned").isEqualTo(3);
    assertThat(all.get(1).value().get(0) & 3).as("locally assigned EUI-64").isEqualTo(2);
    assertThat(all.get(2).text()).startsWith("EVERWHEN");
    assertThat(all.get(3).text()).isEqualTo("naa.%016X".formatted(naa));
    assertThat(all.get(4).value()).as("relative target port").isEqualTo(data("00000002"));
    assertThat(all.get(5).value()).as("target port group").isEqualTo(data("00000001"));
    assertThat(all.get(6).text()).isEqualTo(TARGET + ",t,0x0002");
    assertThat(all.get(7).text()).isEqualTo(TARGET);
    for (Designator port : all.subList(4, 8)) {
      assertThat(port.protocolAndCodeSet() >> 4).as("iSCSI").isEqualTo(5);
      assertThat(port.kind() & 0x80).as("PIV").isEqualTo(0x80);
    }
  }

  private static List<Designator> designators(ByteBuffer in) {
    List<Designator> all = new ArrayList<>();
    while (in.hasRemaining()) {
      int first = in.get() & 0xff;
      int kind = in.get() & 0xff;
      int length = in.getShort();
      boolean name = (kind & 0x0f) == 8;
      assertThat(name && length % 4 != 0).as("whole words").isFalse();
      all.add(new Designator(first, kind, in.slice(in.position(), length)));
      in.position(in.position() + length);
    }
    return all;
  }

  @Test
  void theIdentityIsThatOfTheDiskOverEveryPath() throws IOException {
    ByteBuffer here = page(0x83);
    TestPort other = new TestPort("two", TargetPorts.only(FIRST), map);
    assertThat(other.sense("12 01 83 ffff 00")).isNull();
    assertThat(designators(other.returned().slice(4, other.returned().limit() - 4)).subList(0, 4))
        .isEqualTo(designators(here).subList(0, 4));
  }

  @Test
  void everyPortOfTheTargetIsListed() throws IOException {
    ByteBuffer ports = page(0x88);
    for (TargetPort expected : List.of(FIRST, SECOND)) {
      assertThat(ports.getInt()).isEqualTo(expected.relativeId());
      assertThat(ports.getInt()).as("no initiator port").isZero();
      assertThat(ports.getShort()).isZero();
      int length = ports.getShort();
      ByteBuffer descriptors = ports.slice(ports.position(), length);
      assertThat(designators(descriptors))
          .singleElement()
          .satisfies(d -> assertThat(d.text()).isEqualTo(expected.name()));
      ports.position(ports.position() + length);
    }
    assertThat(ports.hasRemaining()).isFalse();
  }

  @Test
  void whatInquiryReturnsIsAnnouncedWhenItChanges() throws IOException {
    port.units().ports(new TargetPorts(SECOND, List.of(FIRST, SECOND)));
    assertThat(port.sense("000000000000")).as("nothing is different").isNull();
    port.units().ports(TargetPorts.only(SECOND));
    assertThat(port.sense("000000000000")).isEqualTo(Sense.INQUIRY_DATA_HAS_CHANGED);
    assertThat(port.sense("12 00 00 00ff 00")).isNull();
    assertThat(port.returned().get(6) & 0x10).as("MULTIP").isZero();
    disk.geometry(new Geometry(512, 512, 1 << 12));
    assertThat(port.sense("000000000000")).isEqualTo(Sense.CAPACITY_DATA_HAS_CHANGED);
    assertThat(port.sense("000000000000")).isEqualTo(Sense.INQUIRY_DATA_HAS_CHANGED);
    assertThat(port.sense("000000000000")).isNull();
  }

  @Test
  void targetPortGroupsAreActiveAndOptimizedInBothFormats() throws IOException {
    assertThat(port.sense("a3 0a 00000000 000000ff 00 00")).isNull();
    assertThat(port.returned())
        .isEqualTo(data("00000010 00 01 0001 00 00 00 02 00000001 00000002"));
    assertThat(port.sense("a3 2a 00000000 000000ff 00 00")).isNull();
    assertThat(port.returned())
        .isEqualTo(data("00000014 10 00 0000 00 01 0001 00 00 00 02 00000001 00000002"));
    assertThat(port.sense("a3 2a 00000000 00000006 00 00")).isNull();
    assertThat(port.returned()).as("cut").isEqualTo(data("00000014 10 00"));
    assertThat(port.sense("a3 4a 00000000 000000ff 00 00")).isEqualTo(Sense.INVALID_FIELD_IN_CDB);
  }

  @Test
  void taskManagementFunctionsAreReported() throws IOException {
    assertThat(port.sense("a3 0d 00 000000 000000ff 00 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("d8 00 00 00"));
    assertThat(port.sense("a3 0d 80 000000 000000ff 00 00")).isNull();
    assertThat(port.returned()).isEqualTo(data("d8 00 00 0c 00000000 00000000 00000000"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 4, 5, 95, 96, 97})
  void whatIsReturnedEndsAtTheAllocationLength(int length) throws IOException {
    assertThat(port.sense("12 00 00 %04x 00".formatted(length))).isNull();
    assertThat(port.returned().limit()).isEqualTo(Math.min(length, 96));
    assertThat(port.sense("12 01 83 %04x 00".formatted(length))).isNull();
    assertThat(port.returned().limit()).isEqualTo(length);
  }
}
