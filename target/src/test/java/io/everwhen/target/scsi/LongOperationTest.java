package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.DeviceException;
import io.everwhen.target.testing.EncryptedDisk;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class LongOperationTest {

  private static final String TEST_UNIT_READY = "000000000000";
  private static final String REQUEST_SENSE = "03 00 0000 ff 00";
  private static final String FORMAT = "04 00 00 0000 00";
  private static final String FORMAT_WITH_LIST = "04 10 00 0000 00";
  private static final String BLOCK_ERASE = "48 02 0000000000 0000 00";
  private static final String OVERWRITE = "48 01 0000000000 0006 00";
  private static final String EXIT_FAILURE_MODE = "48 1f 0000000000 0000 00";
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final MemoryDisk disk = new MemoryDisk(4 << 20);
  private final LogicalUnit unit = new LogicalUnit(disk, DiskIdentity.of("a disk"));
  private final TestPort port = new TestPort("one", LunMap.of(unit));

  @Test
  void aFormattedDiskIsZero() throws IOException {
    write(7);
    assertThat(port.sense(FORMAT)).isNull();
    assertThat(firstByte(7)).isZero();
    write(7);
    assertThat(port.sense(FORMAT_WITH_LIST, data("00 00 0000"))).isNull();
    assertThat(firstByte(7)).isZero();
  }

  @Test
  void aFormatWithDefectsOrAPatternIsRefused() throws IOException {
    write(7);
    assertThat(port.sense(FORMAT_WITH_LIST, data("00 00 0008")))
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(port.sense(FORMAT_WITH_LIST, data("00 08 0000")))
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(port.sense("04 40 00 0000 00"))
        .as("protection information")
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(firstByte(7)).isEqualTo((byte) 7);
  }

  @Test
  void meanwhileTheUnitIsNotReadyAndTellsHowFarItIs() throws IOException {
    write(7);
    disk.holdChanges();
    Outcome outcome = port.outcome(0, OVERWRITE, data("01 00 0002 a1a2"));
    assertThat(outcome).isInstanceOf(Outcome.Pending.class);
    TestPort other = new TestPort("two", LunMap.of(unit));
    assertThat(other.sense(TEST_UNIT_READY)).isEqualTo(Sense.SANITIZE_IN_PROGRESS.at65536ths(0));
    assertThat(other.sense("28 00 00000000 00 0001 00"))
        .isEqualTo(Sense.SANITIZE_IN_PROGRESS.at65536ths(0));
    assertThat(other.sense(BLOCK_ERASE)).isEqualTo(Sense.SANITIZE_IN_PROGRESS.at65536ths(0));
    assertThat(other.sense("12 00 00 0024 00")).as("INQUIRY").isNull();
    assertThat(other.sense(REQUEST_SENSE)).isNull();
    assertThat(other.returned().slice(0, 3)).isEqualTo(data("70 00 02"));
    assertThat(other.returned().slice(12, 6)).isEqualTo(data("04 1b 00 80 0000"));
    port.units().nexus(0).reset();
    port.units().close();
    assertThat(other.sense("12 00 00 0024 00")).isNull();
    assertThat(other.sense(TEST_UNIT_READY)).isEqualTo(Sense.DEVICE_RESET);
    assertThat(other.sense(TEST_UNIT_READY))
        .as("goes on")
        .isEqualTo(Sense.SANITIZE_IN_PROGRESS.at65536ths(0));
    disk.releaseChanges();
    assertThat(TestPort.sense(outcome)).isNull();
    assertThat(other.sense("28 00 00001fff 00 0001 00")).isNull();
    assertThat(other.returned().get(1)).isEqualTo((byte) 0xa2);
  }

  @Test
  void anImmediateOneIsAnsweredWhenItBegins() throws Exception {
    write(7);
    disk.holdChanges();
    assertThat(port.outcome(0, "48 82 0000000000 0000 00", NOTHING)).isEqualTo(Outcome.Done.GOOD);
    assertThat(port.sense(TEST_UNIT_READY)).isEqualTo(Sense.SANITIZE_IN_PROGRESS.at65536ths(0));
    disk.releaseChanges();
    while (port.sense(TEST_UNIT_READY) != null) {
      Thread.sleep(1);
    }
    assertThat(firstByte(7)).isZero();
    disk.holdChanges();
    assertThat(port.outcome(0, FORMAT_WITH_LIST, data("00 02 0000"))).isEqualTo(Outcome.Done.GOOD);
    assertThat(port.sense(TEST_UNIT_READY)).isEqualTo(Sense.FORMAT_IN_PROGRESS.at65536ths(0));
    disk.releaseChanges();
    while (port.sense(TEST_UNIT_READY) != null) {
      Thread.sleep(1);
    }
  }

  @Test
  void oneThatGoesOnEndsWhenTheUnitIsClosedAndNothingTouchesTheDiskAfterwards() throws Exception {
    disk.holdChanges();
    Outcome outcome = port.outcome(0, OVERWRITE, data("01 00 0002 a1a2"));
    Thread closing = Thread.ofPlatform().start(unit::close);
    while (closing.getState() != Thread.State.WAITING) {
      Thread.sleep(1);
    }
    disk.releaseChanges();
    closing.join();
    assertThat(TestPort.sense(outcome)).isEqualTo(Sense.BECOMING_READY);
    ByteBuffer last = ByteBuffer.allocate(512);
    disk.read(8191, last);
    assertThat(last.get(0)).isZero();
    unit.close(); // nothing goes on
  }

  @Test
  void aWriteWhoseDataComesTooLateDoesNotSlipThrough() throws IOException {
    Nexus nexus = port.units().nexus(0);
    Cdb write = new Cdb.Write(0, false, false, 0, 0, 1);
    assertThat(nexus.check(write)).isNull();
    disk.holdChanges();
    Outcome sanitize = port.outcome(0, BLOCK_ERASE, NOTHING);
    assertThat(nexus.execute(write, ByteBuffer.allocate(512), new CollectedData()))
        .isEqualTo(new Outcome.CheckCondition(Sense.SANITIZE_IN_PROGRESS.at65536ths(0)));
    disk.releaseChanges();
    assertThat(TestPort.sense(sanitize)).isNull();
  }

  @Test
  void aFailedSanitizeIsRememberedUntilItIsDoneAgain() throws IOException {
    disk.failWrites(DeviceException.Reason.UNWRITABLE);
    assertThat(port.sense(OVERWRITE, data("01 00 0002 a1a2"))).isEqualTo(Sense.WRITE_ERROR);
    disk.failWrites(null);
    assertThat(port.sense("28 00 00000000 00 0001 00")).isEqualTo(Sense.SANITIZE_FAILED);
    assertThat(port.sense(EXIT_FAILURE_MODE))
        .as("AUSE was not set")
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(port.sense(BLOCK_ERASE)).isNull();
    assertThat(port.sense(TEST_UNIT_READY)).isNull();
    disk.failWrites(DeviceException.Reason.UNWRITABLE);
    assertThat(port.sense("48 22 0000000000 0000 00")).as("AUSE").isEqualTo(Sense.WRITE_ERROR);
    assertThat(port.sense(EXIT_FAILURE_MODE)).isNull();
    assertThat(port.sense(TEST_UNIT_READY)).isNull();
  }

  @Test
  void onlyAnEncryptedDiskIsErasedByItsKey() throws IOException {
    String cryptoErase = "48 03 0000000000 0000 00";
    String supported = "a3 0c 02 48 0003 00000100 00 00";
    assertThat(port.sense(cryptoErase)).isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(port.sense(supported)).isNull();
    assertThat(port.returned().get(1)).as("not supported").isEqualTo((byte) 1);
    BlockDevice encrypted = new EncryptedDisk(disk);
    TestPort other =
        new TestPort("two", LunMap.of(new LogicalUnit(encrypted, DiskIdentity.of("encrypted"))));
    assertThat(other.sense("2a 00 00000007 00 0001 00", ByteBuffer.allocate(512))).isNull();
    assertThat(other.sense(supported)).isNull();
    assertThat(other.returned().get(1)).as("supported").isEqualTo((byte) 3);
    assertThat(other.sense("28 00 00000007 00 0001 00")).isNull();
    assertThat(other.returned()).isEqualTo(ByteBuffer.allocate(512));
    assertThat(other.sense(cryptoErase)).isNull();
    assertThat(other.sense("28 00 00000007 00 0001 00")).isNull();
    assertThat(other.returned()).isNotEqualTo(ByteBuffer.allocate(512));
  }

  private void write(int block) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(512).put(0, (byte) block);
    assertThat(port.sense("2a 00 %08x 00 0001 00".formatted(block), content)).isNull();
  }

  private byte firstByte(int block) throws IOException {
    assertThat(port.sense("28 00 %08x 00 0001 00".formatted(block))).isNull();
    return port.returned().get(0);
  }
}
