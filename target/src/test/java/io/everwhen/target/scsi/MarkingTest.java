package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.DeviceException;
import io.everwhen.target.testing.EncryptedDisk;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class MarkingTest {

  private static final String SUPPORTED = "a3 0c 01 c0 0000 000000ff 00 00";
  private static final String RESERVE = "16 000000 00 00";

  private final MemoryDisk disk = new MemoryDisk(1 << 20);
  private final LunMap map = LunMap.of(new LogicalUnit(disk, DiskIdentity.of("a disk")));
  private final TestPort port = new TestPort("one", map);

  private static String mark(int bytes) {
    return "c0 000000000000 %04x 00".formatted(bytes);
  }

  private static ByteBuffer text(String name) {
    return ByteBuffer.wrap(name.getBytes(UTF_8));
  }

  @Test
  void aNameReachesTheDiskAsItIs() throws IOException {
    assertThat(port.sense(mark(14), text("before-upgrade"))).isNull();
    assertThat(port.sense(mark(10), text("für spät"))).isNull();
    assertThat(disk.marks()).containsExactly("before-upgrade", "für spät");
  }

  @Test
  void whatIsNoNameIsRefusedAndLeavesNoMark() throws IOException {
    assertThat(port.sense(mark(0))).as("empty").isEqualTo(Sense.PARAMETER_LIST_LENGTH_ERROR);
    assertThat(port.sense(mark(2), data("c328")))
        .as("not UTF-8")
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(port.sense(mark(1), data("c3")))
        .as("cut off")
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(port.sense(mark(2), text("  ")))
        .as("what the disk refuses")
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(port.sense("c0 010000000000 0001 00", text("a")))
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(disk.marks()).isEmpty();
  }

  @Test
  void aDiskThatTakesNoMarksDoesNotKnowTheCommand() throws IOException {
    assertThat(port.sense(SUPPORTED)).isNull();
    assertThat(port.returned()).isEqualTo(data("00 03 000a c0 000000000000 ffff 00"));
    TestPort plain =
        new TestPort(
            "one", LunMap.of(new LogicalUnit(new EncryptedDisk(disk), DiskIdentity.of("plain"))));
    assertThat(plain.sense(mark(1), text("a"))).isEqualTo(Sense.INVALID_COMMAND_OPERATION_CODE);
    assertThat(plain.sense(SUPPORTED)).isNull();
    assertThat(plain.returned()).isEqualTo(data("00 01 0000"));
    assertThat(disk.marks()).isEmpty();
  }

  @Test
  void whoMayNotWriteMayNotMark() throws IOException {
    TestPort other = new TestPort("two", map);
    assertThat(other.sense(RESERVE)).isNull();
    assertThat(port.outcome(0, mark(1), text("a"))).isEqualTo(Outcome.Done.RESERVATION_CONFLICT);
    assertThat(other.sense(mark(1), text("b"))).isNull();
    disk.readOnly(true);
    assertThat(other.sense(mark(1), text("c"))).as("it is told first").isNotNull();
    assertThat(other.sense(mark(1), text("c"))).isEqualTo(Sense.WRITE_PROTECTED);
    assertThat(disk.marks()).containsExactly("b");
  }

  @Test
  void aMarkThatCannotBeStoredIsNotAcknowledged() throws IOException {
    disk.failWrites(DeviceException.Reason.NO_SPACE);
    assertThat(port.sense(mark(1), text("a"))).isEqualTo(Sense.SPACE_ALLOCATION_FAILED);
    disk.failWrites(DeviceException.Reason.UNWRITABLE);
    assertThat(port.sense(mark(1), text("a"))).isEqualTo(Sense.WRITE_ERROR);
    disk.failWrites(null);
    assertThat(port.sense(mark(1), text("a"))).isNull();
    assertThat(disk.marks()).containsExactly("a");
  }
}
