package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.DeviceException;
import io.everwhen.target.block.Geometry;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExtendedCopyTest {

  private static final int HEADER = 16;
  private static final int TARGET = 32;

  private final MemoryDisk sourceDisk = new MemoryDisk(1 << 20);
  private final MemoryDisk destinationDisk = new MemoryDisk(1 << 20);
  private final MemoryDisk largeBlocks = new MemoryDisk(new Geometry(4096, 4096, 256));
  private final LogicalUnit source = new LogicalUnit(sourceDisk, DiskIdentity.of("source"));
  private final LogicalUnit destination =
      new LogicalUnit(destinationDisk, DiskIdentity.of("destination"));
  private final LogicalUnit large = new LogicalUnit(largeBlocks, DiskIdentity.of("large"));
  private final TestPort port =
      new TestPort("one", new LunMap(new TreeMap<>(Map.of(0, source, 1, destination, 2, large))));

  @Test
  void blocksAreCopiedFromOneUnitToAnother() throws IOException {
    fill(source, 8, 4);
    assertThat(copy(list(1, target("source"), target("destination"), blocks(0, 1, 3, 8, 100))))
        .isNull();
    assertThat(read(destination, 99)).containsOnly((byte) 0);
    assertThat(read(destination, 100)).containsOnly((byte) 8);
    assertThat(read(destination, 102)).containsOnly((byte) 10);
    assertThat(read(destination, 103)).containsOnly((byte) 0);
  }

  @Test
  void aSegmentMayOverlapItself() throws IOException {
    fill(source, 0, 8);
    assertThat(copy(list(1, target("source"), blocks(0, 0, 8, 0, 2)))).isNull();
    for (int block = 2; block < 10; block++) {
      assertThat(read(source, block)).containsOnly((byte) (block - 2));
    }
  }

  @Test
  void zerosAreCopiedToo() throws IOException {
    fill(destination, 5, 1);
    assertThat(copy(list(1, target("source"), target("destination"), blocks(0, 1, 1, 0, 5))))
        .isNull();
    assertThat(read(destination, 5)).containsOnly((byte) 0);
  }

  @Test
  void bytesAreCopiedByTheOtherDescriptorAndTheUnitItself() throws IOException {
    fill(source, 1, 4);
    ByteBuffer segment =
        data("0a 00 001c ffff ffff 00000600 0000000000000001 0000000000000010 0200 0400");
    assertThat(copy(list(1, segment))).isNull();
    assertThat(read(source, 18)).containsOnly((byte) 2);
    assertThat(read(source, 20)).containsOnly((byte) 4);
  }

  @Test
  void betweenBlockSizesTheRestIsPaddedOrRefused() throws IOException {
    fill(source, 0, 9);
    fill(large, 1, 1);
    assertThat(copy(list(1, target("source"), target("large"), blocks(0, 1, 9, 0, 0))))
        .isEqualTo(Sense.UNEXPECTED_INEXACT_SEGMENT);
    ByteBuffer padded = target("large").put(28, (byte) 4);
    assertThat(copy(list(1, target("source"), padded, blocks(0, 1, 9, 0, 0)))).isNull();
    assertThat(read(large, 1)).startsWith(8, 8).endsWith(0, 0);
    ByteBuffer counted = blocks(0, 1, 1, 0, 3).put(1, (byte) 2);
    assertThat(copy(list(1, target("source"), target("large"), counted))).isNull();
    assertThat(read(large, 3)).startsWith(0).endsWith(7);
  }

  @Test
  void aWrongListIsRefusedBeforeAnythingIsCopied() throws IOException {
    fill(source, 0, 1);
    ByteBuffer good = list(1, target("source"), blocks(0, 0, 1, 0, 9));
    assertThat(copy(good.duplicate().limit(HEADER + TARGET - 1)))
        .isEqualTo(Sense.PARAMETER_LIST_LENGTH_ERROR);
    assertThat(copy(list(1, target("source").put(0, (byte) 0xe0), blocks(0, 0, 1, 0, 9))))
        .isEqualTo(Sense.UNSUPPORTED_TARGET_DESCRIPTOR);
    assertThat(copy(list(1, target("source"), blocks(0, 0, 1, 0, 9), data("03 00 0010"))))
        .isEqualTo(Sense.UNSUPPORTED_SEGMENT_DESCRIPTOR);
    ByteBuffer[] many = new ByteBuffer[CopyLimits.SEGMENTS_MAX + 2];
    many[0] = target("source");
    for (int i = 1; i < many.length; i++) {
      many[i] = blocks(0, 0, 1, 0, 9);
    }
    assertThat(copy(list(1, many))).isEqualTo(Sense.TOO_MANY_SEGMENT_DESCRIPTORS);
    assertThat(copy(list(1, data("02")))).isEqualTo(Sense.PARAMETER_LIST_LENGTH_ERROR);
    assertThat(copy(list(1, target("source"), blocks(0, 0, 1, 0, 9)).put(1, (byte) 0x18)))
        .as("an identifier although none is used")
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(read(source, 9)).containsOnly((byte) 0);
    assertThat(copy(ByteBuffer.allocate(0))).as("no list").isNull();
  }

  @Test
  void whatCannotBeReachedOrChangedAbortsTheCopy() throws IOException {
    fill(source, 0, 1);
    assertThat(copy(list(1, target("source"), blocks(0, 1, 1, 0, 9))))
        .isEqualTo(Sense.UNREACHABLE_COPY_TARGET);
    TestPort alone = new TestPort("two", LunMap.of(source));
    assertThat(send(alone, list(1, target("source"), target("destination"), blocks(0, 1, 1, 0, 9))))
        .as("a unit that this port does not see")
        .isEqualTo(Sense.UNREACHABLE_COPY_TARGET);
    assertThat(copy(list(1, target("source"), blocks(0, 0, 1, 0, 2048))))
        .as("behind the end")
        .isEqualTo(Sense.COPY_SEGMENT_WRONG);
    ByteBuffer across = list(1, target("source"), target("destination"), blocks(0, 1, 1, 0, 9));
    TestPort other = new TestPort("three", LunMap.of(destination));
    assertThat(other.sense("16 000000 00 00")).isNull();
    assertThat(copy(across.duplicate())).as("reserved").isEqualTo(Sense.THIRD_PARTY_DEVICE_FAILURE);
    other.units().close();
    destinationDisk.readOnly(true);
    assertThat(copy(across.duplicate())).isEqualTo(Sense.THIRD_PARTY_DEVICE_FAILURE);
    destinationDisk.readOnly(false);
    destinationDisk.failSettles(DeviceException.Reason.UNWRITABLE);
    assertThat(copy(across.duplicate())).isEqualTo(Sense.THIRD_PARTY_DEVICE_FAILURE);
    destinationDisk.failSettles(null);
    assertThat(copy(across)).isNull();
  }

  @Test
  void theOutcomeCanBeAskedForByItsIdentifier() throws IOException {
    fill(source, 0, 1);
    String status = "84 00 07 00000000000000 00000100 00 00";
    assertThat(port.sense(status)).isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(copy(list(7, target("source"), blocks(0, 0, 1, 0, 9), blocks(0, 0, 2, 0, 2047))))
        .isEqualTo(Sense.COPY_SEGMENT_WRONG);
    assertThat(port.sense(status)).isNull();
    assertThat(port.returned()).isEqualTo(data("00000008 02 0001 00 00000200"));
    String details = "84 04 07 00000000000000 00000100 00 00";
    assertThat(port.sense(details)).isNull();
    assertThat(port.returned().get(60 + 2)).as("sense key COPY ABORTED").isEqualTo((byte) 0xa);
    assertThat(port.sense(details)).as("told once").isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(copy(list(7, target("source"), blocks(0, 0, 1, 0, 9)))).isNull();
    assertThat(port.sense(status)).isNull();
    assertThat(port.returned().get(4)).as("completed").isEqualTo((byte) 1);
    assertThat(port.sense("84 03 00 00000000000000 00000100 00 00")).isNull();
    assertThat(port.returned().getShort(10)).isEqualTo((short) CopyLimits.SEGMENTS_MAX);
  }

  @Test
  void thePageOfVitalProductDataListsTheCommands() throws IOException {
    assertThat(port.sense("12 01 8f 0400 00")).isNull();
    assertThat(port.returned().getShort(2)).isEqualTo((short) (port.returned().limit() - 4));
    ByteBuffer descriptors = port.returned().position(4);
    List<Integer> types = new ArrayList<>();
    while (descriptors.hasRemaining()) {
      types.add(descriptors.getShort() & 0xffff);
      descriptors.position(
          descriptors.position() + Short.BYTES + descriptors.getShort(descriptors.position()));
    }
    assertThat(types).containsExactly(0, 1, 4, 8, 0xc, 0x106, 0x108, 0x8001);
  }

  private @Nullable Sense copy(ByteBuffer list) throws IOException {
    return send(port, list);
  }

  private static @Nullable Sense send(TestPort from, ByteBuffer list) throws IOException {
    String cdb = "83 00 0000000000000000 %08x 00 00".formatted(list.remaining());
    return from.sense(cdb, list);
  }

  private static ByteBuffer list(int identifier, ByteBuffer... descriptors) {
    ByteBuffer list = ByteBuffer.allocate(4096).put(0, (byte) identifier).position(HEADER);
    for (ByteBuffer descriptor : descriptors) {
      boolean target = descriptor.limit() == TARGET && descriptor.get(0) < -16;
      int at = target ? 2 : 8;
      if (target) {
        list.putShort(at, (short) (list.getShort(at) + TARGET));
      } else {
        list.putInt(at, list.getInt(at) + descriptor.limit());
      }
      list.put(descriptor.rewind());
    }
    return list.flip();
  }

  private static ByteBuffer target(String name) {
    return ByteBuffer.allocate(TARGET)
        .put(data("e4 00 0000 01 03 00 08"))
        .putLong(DiskIdentity.of(name).naa())
        .rewind();
  }

  private static ByteBuffer blocks(int source, int destination, int count, long from, long to) {
    return ByteBuffer.allocate(28)
        .put(data("02 00 0018"))
        .putShort((short) source)
        .putShort((short) destination)
        .putInt(count)
        .putLong(from)
        .putLong(to)
        .rewind();
  }

  /** Fills each block with its number. */
  private static void fill(LogicalUnit unit, int block, int count) throws IOException {
    TestPort writer = new TestPort("writer", LunMap.of(unit));
    for (int i = block; i < block + count; i++) {
      ByteBuffer content = ByteBuffer.allocate(unit.blockSize());
      while (content.hasRemaining()) {
        content.put((byte) i);
      }
      assertThat(writer.sense("2a 00 %08x 00 0001 00".formatted(i), content.flip())).isNull();
    }
    writer.units().close();
  }

  private static byte[] read(LogicalUnit unit, int block) throws IOException {
    TestPort reader = new TestPort("reader", LunMap.of(unit));
    assertThat(reader.sense("28 00 %08x 00 0001 00".formatted(block))).isNull();
    byte[] content = new byte[unit.blockSize()];
    reader.returned().get(content);
    reader.units().close();
    return content;
  }
}
