package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.Geometry;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ProvisioningTest {

  private static final int BLOCK_BYTES = 512;
  private static final int BLOCKS = 1 << 16;
  private static final int WRITE_SAME_BLOCKS_MAX = BlockLimits.TRANSFER_BYTES_MAX / BLOCK_BYTES;

  private final MemoryDisk disk = new MemoryDisk(new Geometry(BLOCK_BYTES, 4096, BLOCKS));
  private final TestPort port = port(UnitOptions.DEFAULT);

  private TestPort port(UnitOptions options) {
    return new TestPort(
        "one", LunMap.of(new LogicalUnit(disk, DiskIdentity.of("a disk"), options)));
  }

  @Test
  void writeSameOfNoBlocksReachesToTheEndWhereThatIsChosen() throws IOException {
    TestPort chosen = port(new UnitOptions(true));
    assertThat(chosen.sense("12 01 b0 00ff 00")).isNull();
    assertThat(chosen.returned().get(4)).as("WSNZ").isZero();
    ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).put(0, (byte) 7);
    int first = BLOCKS - WRITE_SAME_BLOCKS_MAX;
    assertThat(chosen.sense("41 00 %08x 00 0000 00".formatted(first), block)).isNull();
    assertThat(chosen.sense("28 00 %08x 00 0001 00".formatted(BLOCKS - 1))).isNull();
    assertThat(chosen.returned().get(0)).isEqualTo((byte) 7);
    assertThat(chosen.sense("41 00 %08x 00 0000 00".formatted(first - 1), block))
        .as("longer than the limit")
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(chosen.sense("41 00 %08x 00 0000 00".formatted(BLOCKS), block))
        .isEqualTo(Sense.LBA_OUT_OF_RANGE);
  }

  @Test
  void writeSameOfNoBlocksIsRefusedOtherwise() throws IOException {
    assertThat(port.sense("12 01 b0 00ff 00")).isNull();
    assertThat(port.returned().get(4)).as("WSNZ").isEqualTo((byte) 1);
    assertThat(port.sense("41 00 00000000 00 0000 00")).isEqualTo(Sense.INVALID_FIELD_IN_CDB);
  }

  @Test
  void lbaStatusTellsEveryRunOfTheDisk() throws IOException {
    disk.write(8, ByteBuffer.allocate(3 * BLOCK_BYTES));
    disk.write(BLOCKS - 1, ByteBuffer.allocate(BLOCK_BYTES));
    assertThat(port.sense("9e 12 0000000000000000 00000100 00 00")).isNull();
    assertThat(port.returned())
        .isEqualTo(
            data(
                "00000044 00000000"
                    + "0000000000000000 00000008 01 000000"
                    + "0000000000000008 00000003 00 000000"
                    + "000000000000000b 0000fff4 01 000000"
                    + "000000000000ffff 00000001 00 000000"));
    assertThat(port.sense("9e 12 0000000000000009 00000020 00 00")).isNull();
    assertThat(port.returned())
        .as("one descriptor fits")
        .isEqualTo(data("00000014 00000000 0000000000000009 00000002 00 000000"));
    assertThat(port.sense("9e 12 0000000000000009 00000000 00 00")).isNull();
    assertThat(port.returned().limit()).isZero();
    assertThat(port.sense("9e 12 0000000000010000 00000020 00 00"))
        .isEqualTo(Sense.LBA_OUT_OF_RANGE);
  }

  @Test
  void whatIsUnmappedIsDeallocatedAgain() throws IOException {
    disk.write(0, ByteBuffer.allocate(64 * BLOCK_BYTES));
    assertThat(
            port.sense(
                "42 00 00000000 00 0018 00",
                data("0016 0010 00000000 0000000000000000 00000040 00000000")))
        .isNull();
    assertThat(port.sense("9e 12 0000000000000000 00000100 00 00")).isNull();
    assertThat(port.returned())
        .isEqualTo(data("00000014 00000000 0000000000000000 00010000 01 000000"));
  }
}
