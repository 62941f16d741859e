package io.everwhen.target.scsi;

import static io.everwhen.target.scsi.TestPort.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TokenCopyTest {

  private static final int SOURCE = 0;
  private static final int DESTINATION = 1;
  private static final int BLOCK_BYTES = 512;

  private final MemoryDisk sourceDisk = new MemoryDisk(1 << 20);
  private final MemoryDisk destinationDisk = new MemoryDisk(1 << 20);
  private final LogicalUnit source = new LogicalUnit(sourceDisk, DiskIdentity.of("source"));
  private final LogicalUnit destination =
      new LogicalUnit(destinationDisk, DiskIdentity.of("destination"));
  private final TestPort port =
      new TestPort(
          "one", new LunMap(new TreeMap<>(Map.of(SOURCE, source, DESTINATION, destination))));

  @Test
  void aTokenStandsForDataThatIsWrittenElsewhere() throws IOException {
    fill(SOURCE, 10, 4);
    ByteBuffer token =
        populate("000000000000000a 00000002 00000000 000000000000000d 00000001 00000000");
    assertThat(
            write(
                token, 0, "0000000000000064 00000002 00000000 00000000000000c8 00000001 00000000"))
        .isNull();
    assertThat(first(DESTINATION, 100)).isEqualTo((byte) 10);
    assertThat(first(DESTINATION, 101)).isEqualTo((byte) 11);
    assertThat(first(DESTINATION, 200)).isEqualTo((byte) 13);
    assertThat(outcome().getLong(16)).as("blocks written").isEqualTo(3);
    assertThat(write(token, 1, "0000000000000005 00000001 00000000")).isNull();
    assertThat(first(DESTINATION, 5)).as("from an offset").isEqualTo((byte) 11);
  }

  @Test
  void moreThanTheTokenHasIsNotWritten() throws IOException {
    fill(SOURCE, 0, 2);
    fill(DESTINATION, 7, 1);
    ByteBuffer token = populate("0000000000000000 00000002 00000000");
    assertThat(write(token, 0, "0000000000000005 00000003 00000000")).isNull();
    assertThat(first(DESTINATION, 7)).isEqualTo((byte) 7);
    assertThat(outcome().getLong(16)).isEqualTo(2);
    assertThat(write(token, 3, "0000000000000005 00000003 00000000"))
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
  }

  @Test
  void aChangeOfItsDataEndsAToken() throws IOException {
    fill(SOURCE, 10, 2);
    ByteBuffer token = populate("000000000000000a 00000002 00000000");
    fill(SOURCE, 12, 1);
    assertThat(write(token, 0, "0000000000000000 00000001 00000000")).as("beside it").isNull();
    fill(SOURCE, 11, 1);
    assertThat(write(token, 0, "0000000000000000 00000001 00000000"))
        .isEqualTo(Sense.TOKEN_UNKNOWN);
    ByteBuffer erased = populate("000000000000000a 00000002 00000000");
    assertThat(port.sense("48 02 0000000000 0000 00")).isNull();
    assertThat(write(erased, 0, "0000000000000000 00000001 00000000"))
        .isEqualTo(Sense.TOKEN_UNKNOWN);
  }

  @Test
  void aTokenEndsWhenItIsTold() throws IOException {
    ByteBuffer token = populate("000000000000000a 00000002 00000000");
    ByteBuffer list = writeList(token, 0, "0000000000000000 00000001 00000000");
    assertThat(send("83 11 00000000 00000007 %08x 00 00", list.put(2, (byte) 2))).isNull();
    assertThat(write(token, 0, "0000000000000000 00000001 00000000"))
        .isEqualTo(Sense.TOKEN_UNKNOWN);
  }

  @Test
  void theTokenOfZerosNeedsNotBeIssued() throws IOException {
    fill(DESTINATION, 3, 4);
    ByteBuffer token = ByteBuffer.allocate(512).putInt(0, 0xffff0001).putShort(6, (short) 504);
    assertThat(
            write(
                token, 0, "0000000000000003 00000001 00000000 0000000000000005 00000002 00000000"))
        .isNull();
    assertThat(first(DESTINATION, 3)).isZero();
    assertThat(first(DESTINATION, 4)).isEqualTo((byte) 4);
    assertThat(first(DESTINATION, 6)).isZero();
  }

  @Test
  void aTokenOfAUnitThatIsNotSeenIsUnknown() throws IOException {
    ByteBuffer token = populate("000000000000000a 00000002 00000000");
    TestPort other = new TestPort("two", LunMap.of(destination));
    ByteBuffer list = writeList(token, 0, "0000000000000000 00000001 00000000");
    assertThat(other.sense("83 11 00000000 00000007 %08x 00 00".formatted(list.limit()), list))
        .isEqualTo(Sense.TOKEN_UNKNOWN);
    destinationDisk.readOnly(true);
    port.sense(DESTINATION, "000000000000", ByteBuffer.allocate(0));
    assertThat(write(token, 0, "0000000000000000 00000001 00000000"))
        .isEqualTo(Sense.WRITE_PROTECTED);
  }

  @Test
  void wrongRangesAreRefused() throws IOException {
    for (String ranges :
        new String[] {
          "",
          "0000000000000000 00000001",
          "0000000000000000 00000002 00000000 0000000000000001 00000001 00000000"
        }) {
      assertThat(populateSense(populateList(ranges)))
          .as(ranges)
          .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    assertThat(populateSense(populateList("0000000000000800 00000001 00000000")))
        .isEqualTo(Sense.LBA_OUT_OF_RANGE);
    ByteBuffer typed = populateList("0000000000000000 00000001 00000000").put(2, (byte) 2);
    assertThat(populateSense(typed)).isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    ByteBuffer lasting = populateList("0000000000000000 00000001 00000000").putInt(4, 601);
    assertThat(populateSense(lasting)).isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(port.sense("84 07 00000009 00000000 00000400 00 00"))
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
  }

  @Test
  void ofManyTokensTheOldestEnds() throws IOException {
    ByteBuffer first = populate("0000000000000000 00000001 00000000");
    for (int i = 0; i < RodTokens.TOKENS_MAX; i++) {
      assertThat(write(first, 0, "0000000000000000 00000001 00000000")).isNull();
      populate("0000000000000000 00000001 00000000");
    }
    assertThat(write(first, 0, "0000000000000000 00000001 00000000"))
        .isEqualTo(Sense.TOKEN_UNKNOWN);
  }

  @Test
  void theWatchedDiskLeavesNoMethodToItsDefault() {
    assertThat(WatchedDisk.class.getDeclaredMethods())
        .extracting(method -> method.getName() + Arrays.toString(method.getParameterTypes()))
        .containsAll(
            Arrays.stream(BlockDevice.class.getMethods())
                .map(method -> method.getName() + Arrays.toString(method.getParameterTypes()))
                .toList());
  }

  private ByteBuffer populate(String ranges) throws IOException {
    assertThat(populateSense(populateList(ranges))).isNull();
    assertThat(port.sense("84 07 00000007 00000000 00000400 00 00")).isNull();
    assertThat(port.returned().getShort(4))
        .as("of POPULATE TOKEN, completed")
        .isEqualTo((short) 0x1001);
    byte[] token = new byte[512];
    port.returned().get(38, token);
    return ByteBuffer.wrap(token);
  }

  private @Nullable Sense populateSense(ByteBuffer list) throws IOException {
    return port.sense("83 10 00000000 00000007 %08x 00 00".formatted(list.limit()), list);
  }

  private static ByteBuffer populateList(String ranges) {
    ByteBuffer descriptors = data(ranges);
    ByteBuffer list = ByteBuffer.allocate(16 + descriptors.limit());
    list.putShort(0, (short) (list.limit() - 2)).putShort(14, (short) descriptors.limit());
    return list.put(16, descriptors, 0, descriptors.limit());
  }

  private @Nullable Sense write(ByteBuffer token, long offset, String ranges) throws IOException {
    return send("83 11 00000000 00000007 %08x 00 00", writeList(token, offset, ranges));
  }

  private @Nullable Sense send(String cdb, ByteBuffer list) throws IOException {
    return port.sense(DESTINATION, cdb.formatted(list.limit()), list);
  }

  /** What came of the last WRITE USING TOKEN. */
  private ByteBuffer outcome() throws IOException {
    assertThat(
            port.sense(
                DESTINATION, "84 07 00000007 00000000 00000400 00 00", ByteBuffer.allocate(0)))
        .isNull();
    return port.returned();
  }

  private static ByteBuffer writeList(ByteBuffer token, long offset, String ranges) {
    ByteBuffer descriptors = data(ranges);
    ByteBuffer list = ByteBuffer.allocate(536 + descriptors.limit());
    list.putShort(0, (short) (list.limit() - 2)).putLong(8, offset);
    list.put(16, token, 0, token.limit()).putShort(534, (short) descriptors.limit());
    return list.put(536, descriptors, 0, descriptors.limit());
  }

  /** Fills each block with its number. */
  private void fill(int lun, int block, int count) throws IOException {
    for (int i = block; i < block + count; i++) {
      ByteBuffer content = ByteBuffer.allocate(BLOCK_BYTES).put(0, (byte) i);
      assertThat(port.sense(lun, "2a 00 %08x 00 0001 00".formatted(i), content)).isNull();
    }
  }

  private byte first(int lun, int block) throws IOException {
    assertThat(port.sense(lun, "28 00 %08x 00 0001 00".formatted(block), ByteBuffer.allocate(0)))
        .isNull();
    return port.returned().get(0);
  }
}
