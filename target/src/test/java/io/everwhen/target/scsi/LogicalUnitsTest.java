package io.everwhen.target.scsi;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.block.Geometry;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogicalUnitsTest {

  private static final int BLOCK_BYTES = 512;
  private static final int BLOCKS = 1 << 16;

  private final MemoryDisk disk = new MemoryDisk(new Geometry(BLOCK_BYTES, 4096, BLOCKS));
  private final LogicalUnit unit = new LogicalUnit(disk, DiskIdentity.of("a disk"));
  private final LogicalUnits one = open("one");
  private CollectedData returned = new CollectedData();

  @ParameterizedTest
  @CsvSource({
    "28 00 00010000 00 0001 00, 521, 00",
    "28 00 0000ffff 00 0002 00, 521, 00",
    "88 00 ffffffffffffffff 00000001 00 00, 521, 00",
    "88 00 0000000000000000 ffffffff 00 00, 521, 00",
    "a8 00 00000000 00008001 00 00, 524, 00",
    "28 20 00000000 00 0001 00, 524, 00",
    "2a 20 00000000 00 0001 00, 524, 00",
    "8a 00 0000000000000000 00008001 00 00, 524, 00",
    "2e 04 00000000 00 0001 00, 524, 00",
    "2f 04 00000000 00 0001 00, 524, 00",
    "41 10 00000000 00 0001 00, 524, 00",
    "41 00 00000000 00 0000 00, 524, 00",
    "93 08 0000000000000000 00008001 00 00, 524, 00",
    "42 01 00000000 00 0018 00, 524, 00",
    "35 00 00010000 00 0001 00, 521, 00",
    "25 00 00000001 0000 00 00, 524, 00",
    "12 01 c0 00ff 00, 524, 00",
    "12 00 80 00ff 00, 524, 00",
    "1a 00 00 00 ff 00, 524, 00",
    "1a 00 c8 00 ff 00, 539, 00",
    "89 20 0000000000000000 000000 01 00 00, 524, 00",
    "89 00 000000000000ffff 000000 02 00 00, 521, 00",
    "89 00 0000000000000000 000000 81 00 00, 524, 00",
    "8b 00 000000000000ffff 00000002 00 00, 521, 00",
    "8b 00 0000000000000000 00008001 00 00, 524, 00",
    "9c 00 0000000000000000 0001 0001 00 00, 524, 00",
    "9c 00 000000000000ffff 0000 0002 00 00, 521, 00",
    "34 00 00010000 00 0001 00, 521, 00",
    "90 00 0000000000010000 00000001 00 00, 521, 00",
    "c1 00 00000000 0000 00 00, 520, 00",
  })
  void aWrongFieldHasItsSense(String cdb, String keyAndCode, String qualifier) throws IOException {
    Sense sense = requireNonNull(sense(0, cdb, ByteBuffer.allocate(0)));
    assertThat("%x%02x, %02x".formatted(sense.key(), sense.asc(), sense.ascq()))
        .isEqualTo(keyAndCode + ", " + qualifier);
  }

  @Test
  void anAbsentUnitSaysSo() throws IOException {
    long absent = 1L << 48;
    assertThat(sense(absent, "000000000000", ByteBuffer.allocate(0)))
        .isEqualTo(Sense.LOGICAL_UNIT_NOT_SUPPORTED);
    assertThat(sense(absent, "12 00 00 0024 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().get(0)).isEqualTo((byte) 0x7f);
    assertThat(sense(absent, "a0 00 00 000000 00000010 00 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().getInt(0)).as("one LUN").isEqualTo(8);
  }

  @Test
  void unmapTakesSeveralExtentsAsOneChange() throws IOException {
    write(0, BLOCKS / 4);
    ByteBuffer list = ByteBuffer.allocate(8 + 32).putShort(0, (short) 38).putShort(2, (short) 32);
    list.putLong(8, 8).putInt(16, 8).putLong(24, 100).putInt(32, 1);
    assertThat(sense(0, "42 00 00000000 00 0028 00", list)).isNull();
    for (int block : new int[] {7, 8, 15, 16, 99, 100, 101}) {
      boolean unmapped = (block >= 8 && block < 16) || block == 100;
      assertThat(read(block).get(0)).as("block %d", block).isEqualTo((byte) (unmapped ? 0 : 0x5a));
    }
  }

  @Test
  void aBadUnmapListChangesNothing() throws IOException {
    write(0, 16);
    ByteBuffer list = ByteBuffer.allocate(8 + 32).putShort(0, (short) 38).putShort(2, (short) 32);
    list.putLong(8, 0).putInt(16, 8).putLong(24, BLOCKS).putInt(32, 1);
    assertThat(sense(0, "42 00 00000000 00 0028 00", list)).isEqualTo(Sense.LBA_OUT_OF_RANGE);
    assertThat(sense(0, "42 00 00000000 00 0004 00", ByteBuffer.allocate(4)))
        .isEqualTo(Sense.PARAMETER_LIST_LENGTH_ERROR);
    assertThat(read(0).get(0)).isEqualTo((byte) 0x5a);
  }

  @Test
  void writeSameRepeatsItsBlock() throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).put(17, (byte) 1);
    assertThat(sense(0, "41 00 0000000a 00 0003 00", block)).isNull();
    for (int i = 9; i < 14; i++) {
      assertThat(read(i).get(17)).isEqualTo((byte) (i >= 10 && i < 13 ? 1 : 0));
    }
  }

  @Test
  void verifyComparesAndSaysMiscompare() throws IOException {
    write(0, 300);
    ByteBuffer same = filled(300);
    assertThat(sense(0, "2f 02 00000000 00 012c 00", same.duplicate())).isNull();
    same.put(299 * BLOCK_BYTES, (byte) 0);
    assertThat(sense(0, "2f 02 00000000 00 012c 00", same))
        .isEqualTo(Sense.MISCOMPARE_DURING_VERIFY);
    assertThat(sense(0, "2f 06 00000000 00 012c 00", filled(1))).isNull();
    assertThat(sense(0, "2f 06 00000000 00 012d 00", filled(1)))
        .isEqualTo(Sense.MISCOMPARE_DURING_VERIFY);
  }

  @Test
  void compareAndWriteWritesOnlyOverWhatItExpects() throws IOException {
    write(7, 2);
    ByteBuffer both = ByteBuffer.allocate(2 * BLOCK_BYTES).put(filled(1)).put(3 + 512, (byte) 9);
    assertThat(sense(0, "89 00 0000000000000007 000000 01 00 00", both.rewind())).isNull();
    assertThat(read(7).get(3)).isEqualTo((byte) 9);
    both = ByteBuffer.allocate(4 * BLOCK_BYTES).put(3, (byte) 9).put(BLOCK_BYTES, (byte) 1);
    assertThat(sense(0, "89 00 0000000000000007 000000 02 00 00", both))
        .as("offset of the first difference")
        .isEqualTo(Sense.MISCOMPARE_DURING_VERIFY.with(BLOCK_BYTES));
    assertThat(read(8).get(0)).as("unchanged").isEqualTo((byte) 0x5a);
  }

  @Test
  void ofCompareAndWritesThatExpectTheSameExactlyOneWins() throws Exception {
    int rivals = 4;
    for (int round = 0; round < 200; round++) {
      ByteBuffer expected = ByteBuffer.allocate(2 * BLOCK_BYTES).put(0, (byte) round);
      AtomicInteger winners = new AtomicInteger();
      List<Callable<Boolean>> attempts = new ArrayList<>();
      for (int i = 0; i < rivals; i++) {
        ByteBuffer mine = ByteBuffer.allocate(2 * BLOCK_BYTES).put(expected.duplicate()).flip();
        mine.put(BLOCK_BYTES, (byte) (round + 1));
        Cdb cdb = new Cdb.CompareAndWrite(0, false, 0, 1);
        attempts.add(() ->
            one.nexus(0).execute(cdb, mine, new CollectedData()) instanceof Outcome.Done
                && winners.incrementAndGet() > 0);
      }
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        threads.invokeAll(attempts);
      }
      assertThat(winners).as("round %d", round).hasValue(1);
    }
  }

  @Test
  void orWriteSetsBits() throws IOException {
    write(3, 1);
    ByteBuffer bits = ByteBuffer.allocate(BLOCK_BYTES).put(5, (byte) 0x81);
    assertThat(sense(0, "8b 00 0000000000000003 00000001 00 00", bits)).isNull();
    assertThat(read(3).get(4)).isEqualTo((byte) 0x5a);
    assertThat(read(3).get(5)).isEqualTo((byte) 0xdb);
  }

  @Test
  void orWriteOfManyBlocksSetsBitsInEachOfThem() throws IOException {
    write(3, 300);
    ByteBuffer bits = filled(300);
    for (int block = 0; block < 300; block++) {
      bits.put(block * BLOCK_BYTES, (byte) block);
    }
    assertThat(sense(0, "8b 00 0000000000000003 0000012c 00 00", bits)).isNull();
    for (int block : new int[] {0, 127, 128, 255, 299}) {
      assertThat(read(3 + block).get(0)).isEqualTo((byte) (block | 0x5a));
    }
  }

  @Test
  void aWriteIsAtomicUpToTheLimitStated() throws IOException {
    assertThat(sense(0, "9c 00 0000000000000005 0000 0002 00 00", filled(2))).isNull();
    assertThat(read(6).get(0)).isEqualTo((byte) 0x5a);
    assertThat(sense(0, "12 01 b0 00ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().get(5)).as("COMPARE AND WRITE").isEqualTo((byte) 128);
    assertThat(returned.data().getInt(44)).as("WRITE ATOMIC").isEqualTo(32768);
  }

  @Test
  void thereAreNoDefects() throws IOException {
    assertThat(sense(0, "37 00 1d 00000000 00ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 0x1d, 0, 0}));
    assertThat(sense(0, "b7 0d 00000000 000000ff 00 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 0x0d, 0, 0, 0, 0, 0, 0}));
  }

  @Test
  void lbaStatusFollowsTheContent() throws IOException {
    write(8, 16);
    assertThat(sense(0, "9e 12 0000000000000000 00000018 00 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().getInt(16)).isEqualTo(8);
    assertThat(returned.data().get(20)).isEqualTo((byte) LbaStatus.DEALLOCATED);
    assertThat(sense(0, "9e 12 0000000000000008 00000018 00 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().getInt(16)).isEqualTo(16);
    assertThat(returned.data().get(20)).isEqualTo((byte) LbaStatus.MAPPED);
  }

  @Test
  void aReadOnlyDiskIsWriteProtectedAndSaysSo() throws IOException {
    disk.readOnly(true);
    assertThat(sense(0, "000000000000", ByteBuffer.allocate(0)))
        .isEqualTo(Sense.MODE_PARAMETERS_CHANGED);
    assertThat(sense(0, "2a 00 00000000 00 0001 00", filled(1))).isEqualTo(Sense.WRITE_PROTECTED);
    assertThat(sense(0, "42 00 00000000 00 0018 00", ByteBuffer.allocate(24)))
        .isEqualTo(Sense.WRITE_PROTECTED);
    assertThat(sense(0, "1a 08 3f 00 ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().get(2) & 0x80).isEqualTo(0x80);
  }

  @Test
  void modePagesHaveTheWriteCacheOnAndNothingChangeable() throws IOException {
    assertThat(sense(0, "1a 08 08 00 ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().get(4 + 2)).as("WCE").isEqualTo((byte) 4);
    assertThat(sense(0, "1a 08 48 00 ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().get(4 + 2)).isZero();
    assertThat(sense(0, "5a 10 3f 00 000000 00ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().getLong(8)).as("long block descriptor").isEqualTo(BLOCKS);
  }

  @Test
  void aUnitAttentionIsToldOnce() throws IOException {
    one.reset();
    assertThat(sense(0, "12 00 00 0024 00", ByteBuffer.allocate(0))).as("INQUIRY passes").isNull();
    assertThat(sense(0, "000000000000", ByteBuffer.allocate(0))).isEqualTo(Sense.DEVICE_RESET);
    assertThat(sense(0, "000000000000", ByteBuffer.allocate(0))).isNull();
  }

  @Test
  void anInitiatorThatWasPreemptedIsToldAndKeptOut() throws IOException {
    LogicalUnits other = open("two");
    assertThat(sense(one, "5f 00 00 0000 00000018 00", keys(0, 1))).isNull();
    assertThat(sense(other, "5f 06 00 0000 00000018 00", keys(7, 2))).isNull();
    assertThat(sense(one, "5f 01 05 0000 00000018 00", keys(1, 0))).isNull();
    assertThat(sense(other, "2a 00 00000000 00 0001 00", filled(1))).as("registered").isNull();
    assertThat(sense(one, "5f 04 05 0000 00000018 00", keys(1, 2))).isNull();
    assertThat(sense(other, "000000000000", ByteBuffer.allocate(0)))
        .isEqualTo(Sense.REGISTRATIONS_PREEMPTED);
    assertThat(outcome(other, "2a 00 00000000 00 0001 00", filled(1)))
        .isEqualTo(Outcome.Done.RESERVATION_CONFLICT);
    assertThat(sense(other, "28 00 00000000 00 0001 00", ByteBuffer.allocate(0))).isNull();
  }

  @Test
  void persistentReservationsAreReportedAndCheckTheirFields() throws IOException {
    assertThat(sense(0, "5f 00 00 0000 00000018 00", keys(0, 0x1122))).isNull();
    assertThat(sense(0, "5f 01 08 0000 00000018 00", keys(0x1122, 0))).isNull();
    assertThat(sense(0, "5e 00 0000000000 00ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data()).isEqualTo(data("00000001 00000008 0000000000001122"));
    assertThat(sense(0, "5e 01 0000000000 00ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data())
        .isEqualTo(data("00000001 00000010 0000000000000000 00000000 00 08 0000"));
    assertThat(sense(0, "5e 02 0000000000 00ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data()).isEqualTo(data("0008 0c 80 ea01 0000"));
    assertThat(sense(0, "5e 03 0000000000 00ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data())
        .isEqualTo(
            data(
                "00000001 00000030 0000000000001122 00000000 01 08 00000000 0001 00000018"
                    + "45 00 0014 6f6e650000000000000000000000000000000000"));
    assertThat(sense(0, "5f 01 02 0000 00000018 00", keys(0x1122, 0)))
        .as("no such type")
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(sense(0, "5f 08 00 0000 00000018 00", keys(0x1122, 0)))
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
    assertThat(sense(0, "5f 00 00 0000 00000017 00", ByteBuffer.allocate(23)))
        .isEqualTo(Sense.PARAMETER_LIST_LENGTH_ERROR);
    assertThat(sense(0, "5f 00 00 0000 00000018 00", keys(0x1122, 1).put(20, (byte) 1)))
        .as("APTPL")
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
  }

  @Test
  void whatIsReservedWithoutPersistenceEndsWithTheNexusAndWithAReset() throws IOException {
    LogicalUnits other = open("two");
    assertThat(sense(one, "16 000000 00 00", ByteBuffer.allocate(0))).isNull();
    assertThat(outcome(other, "56 00 00000000 00 0000 00", ByteBuffer.allocate(0)))
        .isEqualTo(Outcome.Done.RESERVATION_CONFLICT);
    assertThat(sense(other, "12 00 00 0024 00", ByteBuffer.allocate(0))).isNull();
    assertThat(sense(other, "17 000000 00 00", ByteBuffer.allocate(0))).isNull();
    assertThat(outcome(other, "000000000000", ByteBuffer.allocate(0)))
        .isEqualTo(Outcome.Done.RESERVATION_CONFLICT);
    one.close();
    assertThat(sense(other, "56 00 00000000 00 0000 00", ByteBuffer.allocate(0))).isNull();
    other.reset();
    LogicalUnits third = open("three");
    assertThat(sense(third, "2a 00 00000000 00 0001 00", filled(1))).isNull();
  }

  @Test
  void modeSelectProtectsTheUnitFromWrites() throws IOException {
    LogicalUnits other = open("two");
    assertThat(sense(0, "15 10 0000 10 00", data("00000000 0a0a 0210 0800 0000 0000 0000")))
        .isNull();
    assertThat(sense(other, "000000000000", ByteBuffer.allocate(0)))
        .isEqualTo(Sense.MODE_PARAMETERS_CHANGED);
    assertThat(sense(0, "2a 00 00000000 00 0001 00", filled(1))).isEqualTo(Sense.WRITE_PROTECTED);
    assertThat(sense(0, "1a 08 0a 00 ff 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().get(2) & 0x80).as("WP").isEqualTo(0x80);
    assertThat(returned.data().get(4 + 4)).as("SWP").isEqualTo((byte) 0x08);
    assertThat(
            sense(
                0,
                "55 10 0000000000 0014 00",
                data("00000000 00000000 0a0a 0210 0000 0000 0000 0000")))
        .isNull();
    assertThat(sense(0, "2a 00 00000000 00 0001 00", filled(1))).isNull();
  }

  @Test
  void modeSelectRefusesWhatCannotBeChanged() throws IOException {
    assertThat(sense(0, "15 10 0000 10 00", data("00000000 0a0a 0200 0000 0000 0000 0000")))
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(sense(0, "15 10 0000 05 00", data("00000000 0a")))
        .isEqualTo(Sense.PARAMETER_LIST_LENGTH_ERROR);
    assertThat(sense(0, "15 10 0000 06 00", data("000000ff 0a0a")))
        .isEqualTo(Sense.PARAMETER_LIST_LENGTH_ERROR);
    assertThat(sense(0, "15 10 0000 06 00", data("00000000 3d0a")))
        .as("no such page")
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(sense(0, "15 10 0000 0c 00", data("00000008 00000000 00001000")))
        .as("another block size")
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(sense(0, "15 11 0000 00 00", ByteBuffer.allocate(0)))
        .as("save")
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
  }

  @Test
  void sanitizeErasesOrOverwritesTheWholeDisk() throws IOException {
    write(BLOCKS - 1, 1);
    assertThat(sense(0, "48 02 0000000000 0000 00", ByteBuffer.allocate(0))).isNull();
    assertThat(read(BLOCKS - 1).get(7)).isZero();
    assertThat(sense(0, "48 01 0000000000 0007 00", data("01 00 0003 a1a2a3"))).isNull();
    assertThat(read(0).slice(0, 4)).isEqualTo(data("a1a2a3a1"));
    assertThat(read(BLOCKS - 1).slice(0, 4)).isEqualTo(data("a1a2a3a1"));
    assertThat(sense(0, "48 01 0000000000 0007 00", data("00 00 0003 a1a2a3")))
        .as("count 0")
        .isEqualTo(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    assertThat(sense(0, "48 02 0100000000 0000 00", ByteBuffer.allocate(0)))
        .isEqualTo(Sense.INVALID_FIELD_IN_CDB);
  }

  @Test
  void aRemovableDiskIsEjectedUnlessThatIsPrevented() throws IOException {
    disk.removable(true);
    LogicalUnits other = open("two");
    assertThat(sense(0, "12 00 00 0024 00", ByteBuffer.allocate(0))).isNull();
    assertThat(returned.data().get(1)).as("RMB").isEqualTo((byte) 0x80);
    assertThat(sense(other, "1e 000000 01 00", ByteBuffer.allocate(0))).isNull();
    assertThat(sense(0, "1b 000000 02 00", ByteBuffer.allocate(0)))
        .isEqualTo(Sense.MEDIUM_REMOVAL_PREVENTED);
    other.close();
    assertThat(sense(0, "1b 000000 02 00", ByteBuffer.allocate(0))).isNull();
    assertThat(sense(0, "000000000000", ByteBuffer.allocate(0)))
        .isEqualTo(Sense.MEDIUM_NOT_PRESENT);
    assertThat(sense(0, "2a 00 00000000 00 0001 00", filled(1)))
        .isEqualTo(Sense.MEDIUM_NOT_PRESENT);
    LogicalUnits third = open("three");
    assertThat(sense(0, "1b 000000 03 00", ByteBuffer.allocate(0))).isNull();
    assertThat(sense(third, "000000000000", ByteBuffer.allocate(0)))
        .isEqualTo(Sense.MEDIUM_MAY_HAVE_CHANGED);
    assertThat(sense(0, "2a 00 00000000 00 0001 00", filled(1))).isNull();
  }

  @Test
  void aFixedDiskIsNeverEjected() throws IOException {
    assertThat(sense(0, "1b 000000 02 00", ByteBuffer.allocate(0))).isNull();
    assertThat(sense(0, "000000000000", ByteBuffer.allocate(0))).isNull();
  }

  private LogicalUnits open(String port) {
    return new LogicalUnits(port, TargetPorts.only(TestPort.TARGET_PORT), LunMap.of(unit));
  }

  private static ByteBuffer keys(long key, long actionKey) {
    return ByteBuffer.allocate(24).putLong(0, key).putLong(8, actionKey);
  }

  private static ByteBuffer data(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  private void write(int block, int count) throws IOException {
    for (int done = 0; done < count; done += 128) {
      int blocks = Math.min(128, count - done);
      assertThat(sense(0, "2a 00 %08x 00 %04x 00".formatted(block + done, blocks), filled(blocks)))
          .isNull();
    }
  }

  private static ByteBuffer filled(int blocks) {
    ByteBuffer data = ByteBuffer.allocate(blocks * BLOCK_BYTES);
    while (data.hasRemaining()) {
      data.put((byte) 0x5a);
    }
    return data.flip();
  }

  private ByteBuffer read(int block) throws IOException {
    assertThat(sense(0, "28 00 %08x 00 0001 00".formatted(block), ByteBuffer.allocate(0))).isNull();
    return returned.data();
  }

  private @Nullable Sense sense(long lun, String hex, ByteBuffer data) throws IOException {
    return sense(outcome(one, lun, hex, data));
  }

  private @Nullable Sense sense(LogicalUnits from, String hex, ByteBuffer data) throws IOException {
    return sense(outcome(from, hex, data));
  }

  private static @Nullable Sense sense(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done.RESERVATION_CONFLICT -> throw new AssertionError("reservation conflict");
      case Outcome.Done _ -> null;
      case Outcome.CheckCondition check -> check.sense();
      case Outcome.ChangesLost lost -> lost.sense();
      case Outcome.Pending pending -> sense(pending.end().join());
    };
  }

  private Outcome outcome(LogicalUnits from, String hex, ByteBuffer data) throws IOException {
    return outcome(from, 0, hex, data);
  }

  /** Runs a command to its end. */
  private Outcome outcome(LogicalUnits from, long lun, String hex, ByteBuffer data)
      throws IOException {
    returned = new CollectedData();
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    Cdb cdb = Cdb.decode(ByteBuffer.allocate(16).put(0, bytes), 0);
    Nexus nexus = from.nexus(lun);
    Sense refused = nexus.check(cdb);
    if (refused != null) {
      return new Outcome.CheckCondition(refused);
    }
    Outcome outcome = nexus.execute(cdb, data, returned);
    Sense failed = outcome instanceof Outcome.Done ? nexus.settle() : null;
    return failed == null ? outcome : new Outcome.ChangesLost(failed);
  }
}
