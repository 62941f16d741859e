package io.everwhen.target.scsi;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.everwhen.target.testing.LoggedErrors;
import io.everwhen.target.testing.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Commands of two initiators on a disk of 256 blocks. Each is a byte (bit 0 chooses the initiator,
 * bit 1 a LUN that is not there), 16 bytes of CDB, a length in 64 bytes, and so much data. Nothing
 * is thrown, nothing outside the disk is touched, a command that fails changes nothing, sense data
 * is well-formed, and no more data comes than was announced.
 */
public final class CommandFuzz {

  private static final int DISK_BYTES = 256 * 512;
  private static final int LENGTH_UNIT = 64;
  private static final int COMMANDS_MAX = 16;

  /** More is not handed in, to keep it quick: the transport has its own bound. */
  private static final long DATA_OUT_BYTES_MAX = 256 << 10;

  private static final LoggedErrors errors = LoggedErrors.watch();

  private CommandFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    MemoryDisk disk = new MemoryDisk(DISK_BYTES);
    LunMap map = LunMap.of(new LogicalUnit(disk, DiskIdentity.of("iqn.x")));
    TargetPorts ways = TargetPorts.only(TargetPort.ofPortalGroup("iqn.x", 1));
    LogicalUnits[] ports = {
      new LogicalUnits("iqn.one,i,0x1", ways, map), new LogicalUnits("iqn.two,i,0x1", ways, map)
    };
    ByteBuffer in = ByteBuffer.wrap(input);
    for (int i = 0; i < COMMANDS_MAX && in.remaining() > Cdb.BYTES_MAX + 1; i++) {
      int choice = in.get();
      Cdb cdb = Cdb.decode(in, in.position());
      in.position(in.position() + Cdb.BYTES_MAX);
      int length = Math.min((in.get() & 0xff) * LENGTH_UNIT, in.remaining());
      ByteBuffer data = in.slice(in.position(), length);
      in.position(in.position() + length);
      long lun = (choice & 2) == 0 ? 0 : 1L << 48;
      command(ports[choice & 1].nexus(lun), cdb, data, disk);
    }
    ILoggingEvent error = errors.take();
    if (error != null) {
      throw new AssertionError(LoggedErrors.text(error));
    }
  }

  private static void command(Nexus nexus, Cdb cdb, ByteBuffer data, MemoryDisk disk)
      throws IOException {
    long before = checksum(disk);
    long wanted = nexus.dataOutBytes(cdb);
    require(wanted >= 0, "less than no data");
    Sense refused = nexus.check(cdb);
    if (refused != null) {
      check(refused);
      require(before == checksum(disk), "a refused command changed the disk");
      return;
    }
    // Some initiators announce less than the command asks for.
    boolean less = wanted > 0 && data.remaining() % 2 == 1;
    Cdb fitted = nexus.withDataOut(cdb, less ? wanted - data.get(0) : wanted);
    if (fitted == null) {
      return;
    }
    long bytes = nexus.dataOutBytes(fitted);
    require(bytes <= Math.max(wanted, 0), "more data than the command asks for");
    if (bytes > DATA_OUT_BYTES_MAX) {
      return;
    }
    ByteBuffer dataOut = ByteBuffer.allocate((int) bytes);
    dataOut.put(0, data, 0, (int) Math.min(bytes, data.remaining()));
    Outcome outcome = nexus.execute(fitted, dataOut, new Announced());
    awaitReady(nexus);
    check(outcome, nexus, () -> isCopy(fitted) || before == checksum(disk));
  }

  private static void check(Outcome outcome, Nexus nexus, Unchanged unchanged) throws IOException {
    switch (outcome) {
      case Outcome.Done.RESERVATION_CONFLICT ->
          require(unchanged.holds(), "a conflicting command changed the disk");
      case Outcome.CheckCondition failed -> {
        check(failed.sense());
        require(unchanged.holds(), "a failed command changed the disk");
      }
      case Outcome.ChangesLost lost -> throw new AssertionError("lost: " + lost.sense());
      case Outcome.Pending pending -> check(pending.end().join(), nexus, unchanged);
      case Outcome.Done.GOOD, Outcome.Done.GOOD_ONCE_SETTLED, Outcome.Done.GOOD_ONCE_FLUSHED ->
          require(nexus.flush() == null, "a sound disk does not flush");
    }
  }

  private static boolean isCopy(Cdb cdb) {
    return cdb instanceof Cdb.ExtendedCopy || cdb instanceof Cdb.WriteUsingToken;
  }

  /** Waits for what a command goes on to do when it is answered already. */
  private static void awaitReady(Nexus nexus) {
    if (nexus instanceof UnitNexus present) {
      Cdb probe = new Cdb.TestUnitReady();
      Sense sense = present.unit().check(probe);
      while (sense != null && sense.progress() >= 0) {
        Thread.onSpinWait();
        sense = present.unit().check(probe);
      }
    }
  }

  /** Whether the disk is as it was, as far as it has to be. A copy may fail midway. */
  @FunctionalInterface
  private interface Unchanged {
    boolean holds() throws IOException;
  }

  private static long checksum(MemoryDisk disk) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(DISK_BYTES);
    disk.read(0, content);
    CRC32C crc = new CRC32C();
    crc.update(content.flip());
    return crc.getValue() + disk.marks().size();
  }

  private static void check(Sense sense) {
    ByteBuffer fixed = ByteBuffer.allocate(Sense.FIXED_BYTES);
    sense.putFixed(fixed);
    require(!fixed.hasRemaining() && (fixed.get(0) & 0x7f) == 0x70, "no fixed sense data");
    require(fixed.get(7) == Sense.FIXED_BYTES - 8, "a wrong additional length");
    ByteBuffer descriptors = ByteBuffer.allocate(Sense.DESCRIPTOR_BYTES_MAX);
    sense.putDescriptor(descriptors);
    require(descriptors.position() == 8 + descriptors.get(7), "a wrong additional length");
    int key = fixed.get(2) & 0xf;
    require(key > 0 && key < 0xf, "sense key " + key);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  /** Takes what a command returns, and counts it. */
  private static final class Announced implements DataIn {

    private static final int CLAIM_BYTES_MAX = 4096;

    private long left = -1;
    private int claimed;

    @Override
    public long begin(long bytes) {
      require(left == -1, "announced twice");
      require(bytes >= 0, "less than no data announced");
      left = bytes;
      return bytes;
    }

    @Override
    public ByteBuffer claim(long bytes) {
      require(bytes > 0 && bytes <= left, "more data than announced");
      claimed = (int) Math.min(bytes, CLAIM_BYTES_MAX);
      return ByteBuffer.allocate(claimed);
    }

    @Override
    public void commit() {
      left -= claimed;
      claimed = 0;
    }
  }
}
