package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.target.block.Geometry;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LunMapTest {

  private static final String TEST_UNIT_READY = "000000000000";
  private static final String REPORT_LUNS = "a0 00 00 000000 00000100 00 00";
  private static final long FLAT = 0x4000;

  private final MemoryDisk disk = new MemoryDisk(1 << 20);
  private final LogicalUnit first = new LogicalUnit(disk, DiskIdentity.of("first"));
  private final LogicalUnit second =
      new LogicalUnit(new MemoryDisk(2 << 20), DiskIdentity.of("second"));

  @Test
  void everyLunOfTheMapIsReportedAndLeadsToItsUnit() throws IOException {
    TestPort port = new TestPort("one", map(Map.of(0, first, 7, second, 300, second)));
    assertThat(port.sense(REPORT_LUNS)).isNull();
    assertThat(port.returned())
        .isEqualTo(data("00000018 00000000 0000000000000000 0007000000000000 412c000000000000"));
    assertThat(lastBlock(port, 0)).isEqualTo((1 << 20) / 512 - 1);
    assertThat(lastBlock(port, 7)).isEqualTo((2 << 20) / 512 - 1);
    assertThat(lastBlock(port, FLAT | 7)).isEqualTo((2 << 20) / 512 - 1);
    assertThat(lastBlock(port, FLAT | 300)).isEqualTo((2 << 20) / 512 - 1);
    for (long none : new long[] {1, 8, FLAT | 1, FLAT | 0x3fff, 0x0100, 0x8007, 0xc001}) {
      assertThat(port.sense(none, TEST_UNIT_READY, ByteBuffer.allocate(0)))
          .as("%x", none)
          .isEqualTo(Sense.LOGICAL_UNIT_NOT_SUPPORTED);
    }
    assertThat(port.units().nexus(7L << 48 | 1).exists()).as("second level").isFalse();
  }

  private static int lastBlock(TestPort port, long lun) throws IOException {
    assertThat(port.sense(lun, "25 00 00000000 0000 00 00", ByteBuffer.allocate(0))).isNull();
    return port.returned().getInt(0);
  }

  @Test
  void lunsBeyondFlatAddressingAreRefused() {
    assertThatThrownBy(() -> map(Map.of(LunMap.LUN_MAX + 1, first)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPortWithoutUnitsStillGetsAList() throws IOException {
    TestPort port = new TestPort("one", LunMap.EMPTY);
    assertThat(port.sense(REPORT_LUNS)).isNull();
    assertThat(port.returned()).isEqualTo(data("00000000 00000000"));
    assertThat(port.sense(TEST_UNIT_READY)).isEqualTo(Sense.LOGICAL_UNIT_NOT_SUPPORTED);
  }

  @Test
  void aChangeOfTheMapIsToldThroughTheUnitsThatStay() throws IOException {
    TestPort port = new TestPort("one", LunMap.of(first));
    port.units().map(map(Map.of(0, first, 1, second)));
    assertThat(port.sense(TEST_UNIT_READY)).isEqualTo(Sense.REPORTED_LUNS_DATA_HAS_CHANGED);
    assertThat(port.sense(TEST_UNIT_READY)).isNull();
    assertThat(port.sense(REPORT_LUNS)).as("clears it at LUN 1 too").isNull();
    assertThat(port.returned().getInt(0)).isEqualTo(16);
    assertThat(port.sense(1, TEST_UNIT_READY, ByteBuffer.allocate(0))).isNull();
    port.units().map(map(Map.of(0, first, 1, second)));
    assertThat(port.sense(TEST_UNIT_READY)).as("the same map").isNull();
  }

  @Test
  void aUnitThatIsTakenAwayTakesNoMoreCommands() throws IOException {
    TestPort port = new TestPort("one", map(Map.of(0, first, 1, second)));
    Nexus inFlight = port.units().nexus(1L << 48);
    assertThat(port.sense(1, "16 000000 00 00", ByteBuffer.allocate(0))).isNull();
    port.units().map(LunMap.of(first));
    assertThat(
            inFlight.execute(new Cdb.TestUnitReady(), ByteBuffer.allocate(0), new CollectedData()))
        .as("its data came too late")
        .isEqualTo(new Outcome.CheckCondition(Sense.LOGICAL_UNIT_NOT_SUPPORTED));
    assertThat(port.sense(1, TEST_UNIT_READY, ByteBuffer.allocate(0)))
        .isEqualTo(Sense.LOGICAL_UNIT_NOT_SUPPORTED);
    TestPort other = new TestPort("two", LunMap.of(second));
    assertThat(other.sense(TEST_UNIT_READY)).as("what it had reserved is free").isNull();
  }

  @Test
  void aUnitIsTheSameOneWhereverItIsReached() throws IOException {
    TestPort port = new TestPort("one", map(Map.of(0, first, 1, second)));
    TestPort other = new TestPort("two", map(Map.of(5, second)));
    other.outcome(5, "16 000000 00 00", ByteBuffer.allocate(0));
    assertThat(port.outcome(1, TEST_UNIT_READY, ByteBuffer.allocate(0)))
        .isEqualTo(Outcome.Done.RESERVATION_CONFLICT);
    assertThat(port.sense(TEST_UNIT_READY)).isNull();
    Nexus ours = port.units().nexus(1L << 48);
    int aborts = ours.aborts();
    other.units().nexus(5L << 48).reset();
    assertThat(ours.aborts()).as("our tasks there are aborted").isNotEqualTo(aborts);
    assertThat(port.units().aborts()).isEqualTo(1);
    assertThat(port.sense(TEST_UNIT_READY)).as("LUN 0 was not reset").isNull();
    assertThat(port.sense(1, TEST_UNIT_READY, ByteBuffer.allocate(0)))
        .isEqualTo(Sense.DEVICE_RESET);
  }

  @Test
  void preemptAndAbortDropsWhatThePreemptedStillSend() throws IOException {
    TestPort port = new TestPort("one", LunMap.of(first));
    TestPort other = new TestPort("two", LunMap.of(first));
    ByteBuffer keys = ByteBuffer.allocate(24).putLong(8, 1);
    assertThat(port.sense("5f 00 00 0000 00000018 00", keys)).isNull();
    assertThat(other.sense("5f 00 00 0000 00000018 00", keys.putLong(8, 2))).isNull();
    ByteBuffer preempt = ByteBuffer.allocate(24).putLong(0, 1).putLong(8, 2);
    assertThat(port.sense("5f 05 01 0000 00000018 00", preempt)).isNull();
    assertThat(other.units().aborts()).isEqualTo(1);
    assertThat(port.units().aborts()).as("our own tasks go on").isZero();
  }

  @Test
  void aResizedDiskIsToldToEverybodyOnce() throws IOException {
    TestPort port = new TestPort("one", LunMap.of(first));
    TestPort other = new TestPort("two", LunMap.of(first));
    disk.geometry(new Geometry(512, 4096, 1000));
    for (TestPort each : new TestPort[] {port, other}) {
      assertThat(each.sense(TEST_UNIT_READY)).isEqualTo(Sense.CAPACITY_DATA_HAS_CHANGED);
      assertThat(each.sense(TEST_UNIT_READY)).isNull();
      assertThat(lastBlock(each, 0)).isEqualTo(999);
    }
    assertThat(port.sense("28 00 000003e8 00 0001 00")).isEqualTo(Sense.LBA_OUT_OF_RANGE);
  }

  @Test
  void aDiskThatBecomesReadOnlyIsToldToEverybody() throws IOException {
    TestPort port = new TestPort("one", LunMap.of(first));
    disk.readOnly(true);
    assertThat(port.sense(TEST_UNIT_READY)).isEqualTo(Sense.MODE_PARAMETERS_CHANGED);
    assertThat(port.sense("2a 00 00000000 00 0001 00", ByteBuffer.allocate(512)))
        .isEqualTo(Sense.WRITE_PROTECTED);
  }

  private static LunMap map(Map<Integer, LogicalUnit> units) {
    return new LunMap(new TreeMap<>(units));
  }
}
