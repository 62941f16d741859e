package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.DeviceException;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the commands of one logical unit on its disk; SBC-3 section 5. Any thread may call
 * it.
 */
final class DeviceServer {

  private static final Logger log = LoggerFactory.getLogger(DeviceServer.class);

  /** The stamp of a command that changes nothing. */
  private static final long UNORDERED = 0;

  private static final int COMPARE_BYTES = 64 << 10;

  private static final int OVERWRITE_BYTES = 1 << 20;
  private static final int ATOMIC_BOUNDARY_AT = 10;

  private final BlockDevice disk;

  /** Shared by plain changes, held alone by commands that read, decide and then write. */
  private final StampedLock order = new StampedLock();

  private final UnitInformation information;
  private final Reservations reservations = new Reservations();
  private final Nexuses nexuses = new Nexuses();
  private final Medium medium = new Medium();

  /** SWP of the control mode page. */
  private volatile boolean writeProtected;

  DeviceServer(BlockDevice disk, DiskIdentity identity) {
    this.disk = disk;
    this.information = new UnitInformation(disk, identity);
  }

  Nexus open(String port) {
    Nexus nexus = new Nexus(port);
    nexuses.add(nexus);
    return nexus;
  }

  void close(Nexus nexus) {
    nexuses.remove(nexus);
    medium.allow(nexus);
    reservations.forget(nexus.port());
  }

  void reset() {
    reservations.reset();
    medium.reset();
    nexuses.raise(Sense.DEVICE_RESET);
  }

  int blockSize() {
    return disk.geometry().blockSize();
  }

  /**
   * Checks what can be checked before any data moves.
   *
   * @return why the command fails, or null
   */
  @Nullable Sense check(Cdb cdb) {
    return medium.ejected() && needsMedium(cdb) ? Sense.MEDIUM_NOT_PRESENT : checkFields(cdb);
  }

  private static boolean needsMedium(Cdb cdb) {
    return switch (cdb) {
      case Cdb.StartStopUnit _,
          Cdb.PreventAllowMediumRemoval _,
          Cdb.ModeSense _,
          Cdb.ModeSelect _,
          Cdb.ReportOperationCodes _,
          Cdb.Reserve _ ->
          false;
      case Cdb.ReadCapacity10 _, Cdb.ReadCapacity16 _ -> true;
      default -> {
        Access access = Access.of(cdb);
        yield access != Access.FREE && access != Access.PERSISTENT;
      }
    };
  }

  private @Nullable Sense checkFields(Cdb cdb) {
    return switch (cdb) {
      case Cdb.Read read -> extent(read.protect(), read.lba(), read.blocks());
      case Cdb.Write write ->
          write.byteCheck() > 1
              ? Sense.INVALID_FIELD_IN_CDB
              : change(write.protect(), write.lba(), write.blocks());
      case Cdb.CompareAndWrite compare ->
          compare.blocks() > BlockLimits.COMPARE_AND_WRITE_BLOCKS_MAX
              ? Sense.INVALID_FIELD_IN_CDB
              : change(compare.protect(), compare.lba(), compare.blocks());
      case Cdb.OrWrite or -> change(or.protect(), or.lba(), or.blocks());
      case Cdb.WriteAtomic atomic -> checkWriteAtomic(atomic);
      case Cdb.Verify verify -> checkVerify(verify);
      case Cdb.WriteSame same -> checkWriteSame(same);
      case Cdb.Unmap unmap -> unmap.anchor() ? Sense.INVALID_FIELD_IN_CDB : writable();
      case Cdb.SynchronizeCache sync ->
          disk.geometry().contains(sync.lba(), sync.blocks()) ? null : Sense.LBA_OUT_OF_RANGE;
      case Cdb.PreFetch fetch ->
          disk.geometry().contains(fetch.lba(), fetch.blocks()) ? null : Sense.LBA_OUT_OF_RANGE;
      case Cdb.ModeSelect select -> select.save() ? Sense.INVALID_FIELD_IN_CDB : null;
      case Cdb.Sanitize sanitize -> {
        Sense sense = Sanitize.check(sanitize, blockSize());
        yield sense == null ? writable() : sense;
      }
      case Cdb.PersistentReserveOut out -> ReservationRequest.check(out);
      case Cdb.ReadCapacity10 capacity -> checkCapacity(capacity.partialMedium(), capacity.lba());
      case Cdb.ReadCapacity16 capacity -> checkCapacity(capacity.partialMedium(), capacity.lba());
      case Cdb.GetLbaStatus status ->
          disk.geometry().contains(status.lba(), 1) ? null : Sense.LBA_OUT_OF_RANGE;
      case Cdb.Unknown _ -> Sense.INVALID_COMMAND_OPERATION_CODE;
      case Cdb.Invalid _ -> Sense.INVALID_FIELD_IN_CDB;
      case Cdb.TestUnitReady _,
          Cdb.RequestSense _,
          Cdb.Inquiry _,
          Cdb.ModeSense _,
          Cdb.ReportLuns _,
          Cdb.ReportOperationCodes _,
          Cdb.ReadDefectData _,
          Cdb.PersistentReserveIn _,
          Cdb.Reserve _,
          Cdb.Release _,
          Cdb.StartStopUnit _,
          Cdb.PreventAllowMediumRemoval _ ->
          null;
    };
  }

  private @Nullable Sense extent(int protect, long lba, long blocks) {
    Geometry geometry = disk.geometry();
    if (protect != 0) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    if (!geometry.contains(lba, blocks)) {
      return Sense.LBA_OUT_OF_RANGE;
    }
    return blocks > BlockLimits.TRANSFER_BYTES_MAX / geometry.blockSize()
        ? Sense.INVALID_FIELD_IN_CDB
        : null;
  }

  private @Nullable Sense change(int protect, long lba, long blocks) {
    Sense sense = extent(protect, lba, blocks);
    return sense == null ? writable() : sense;
  }

  private @Nullable Sense writable() {
    return disk.readOnly() || writeProtected ? Sense.WRITE_PROTECTED : null;
  }

  private @Nullable Sense checkWriteAtomic(Cdb.WriteAtomic atomic) {
    return atomic.boundary() != 0
        ? Sense.INVALID_FIELD_IN_CDB.at(ATOMIC_BOUNDARY_AT)
        : change(atomic.protect(), atomic.lba(), atomic.blocks());
  }

  private @Nullable Sense checkVerify(Cdb.Verify verify) {
    return verify.byteCheck() == 2
        ? Sense.INVALID_FIELD_IN_CDB
        : extent(verify.protect(), verify.lba(), verify.blocks());
  }

  private @Nullable Sense checkWriteSame(Cdb.WriteSame same) {
    // Length 0 is refused because WSNZ is set; ANCHOR because ANC_SUP is not.
    return same.anchor() || same.blocks() == 0
        ? Sense.INVALID_FIELD_IN_CDB
        : change(same.protect(), same.lba(), same.blocks());
  }

  private static @Nullable Sense checkCapacity(boolean partialMedium, long lba) {
    return lba != 0 && !partialMedium ? Sense.INVALID_FIELD_IN_CDB : null;
  }

  /**
   * Carries out a command that passed {@link #check}.
   *
   * @param dataOut what came with it: all of {@link Cdb#dataOutBytes}
   * @throws IOException only from {@code dataIn}
   */
  Outcome execute(Nexus nexus, Cdb cdb, ByteBuffer dataOut, DataIn dataIn) throws IOException {
    long stamp = order(cdb);
    try {
      return reservations.conflicts(nexus.port(), cdb)
          ? Outcome.Done.RESERVATION_CONFLICT
          : executeOrdered(nexus, cdb, dataOut, dataIn);
    } finally {
      if (stamp != UNORDERED) {
        order.unlock(stamp);
      }
    }
  }

  /** Takes a command's place among the changes: none, shared or alone. */
  private long order(Cdb cdb) {
    return switch (cdb) {
      case Cdb.Write _, Cdb.WriteAtomic _, Cdb.WriteSame _, Cdb.Unmap _, Cdb.Sanitize _ ->
          order.readLock();
      case Cdb.CompareAndWrite _, Cdb.OrWrite _ -> order.writeLock();
      // Once these have ended, no change goes on that they exclude.
      case Cdb.PersistentReserveOut _, Cdb.Reserve _, Cdb.Release _ -> order.writeLock();
      // No default: a new command that changes data must not slip through unordered.
      case Cdb.Read _,
          Cdb.Verify _,
          Cdb.PreFetch _,
          Cdb.SynchronizeCache _,
          Cdb.GetLbaStatus _,
          Cdb.StartStopUnit _,
          Cdb.PreventAllowMediumRemoval _,
          Cdb.TestUnitReady _,
          Cdb.RequestSense _,
          Cdb.Inquiry _,
          Cdb.ModeSense _,
          Cdb.ModeSelect _,
          Cdb.ReportLuns _,
          Cdb.ReportOperationCodes _,
          Cdb.ReadDefectData _,
          Cdb.ReadCapacity10 _,
          Cdb.ReadCapacity16 _,
          Cdb.PersistentReserveIn _,
          Cdb.Unknown _,
          Cdb.Invalid _ ->
          UNORDERED;
    };
  }

  private Outcome executeOrdered(Nexus nexus, Cdb cdb, ByteBuffer dataOut, DataIn dataIn)
      throws IOException {
    return switch (cdb) {
      case Cdb.Read read -> read(read, dataIn);
      case Cdb.Write write ->
          write(write.lba(), dataOut, write.forceUnitAccess() || write.verify());
      case Cdb.WriteAtomic atomic -> write(atomic.lba(), dataOut, atomic.forceUnitAccess());
      case Cdb.CompareAndWrite compare -> compareAndWrite(compare, dataOut);
      case Cdb.OrWrite or -> orWrite(or, dataOut);
      case Cdb.Verify verify -> verify(verify, dataOut);
      case Cdb.WriteSame same -> writeSame(same, dataOut);
      case Cdb.Unmap _ -> unmap(dataOut);
      case Cdb.SynchronizeCache _ -> Outcome.Done.GOOD_ONCE_FLUSHED;
      case Cdb.StartStopUnit start -> startStop(nexus, start);
      case Cdb.PreventAllowMediumRemoval prevent -> preventRemoval(nexus, prevent.prevent());
      case Cdb.TestUnitReady _, Cdb.PreFetch _ -> Outcome.Done.GOOD;
      case Cdb.ModeSelect select -> modeSelect(nexus, select, dataOut);
      case Cdb.Sanitize sanitize -> sanitize(sanitize, dataOut);
      case Cdb.PersistentReserveIn in -> reservationReport(in, dataIn);
      case Cdb.PersistentReserveOut out -> changeReservations(nexus, out, dataOut);
      case Cdb.Reserve _ -> outcome(reservations.reserve(nexus.port()));
      case Cdb.Release _ -> outcome(reservations.release(nexus.port()));
      case Cdb.GetLbaStatus status -> lbaStatus(status, dataIn);
      case Cdb.RequestSense request ->
          UnitInformation.requestSense(request, Sense.NO_SENSE, dataIn);
      case Cdb.Inquiry _,
          Cdb.ModeSense _,
          Cdb.ReportLuns _,
          Cdb.ReportOperationCodes _,
          Cdb.ReadDefectData _,
          Cdb.ReadCapacity10 _,
          Cdb.ReadCapacity16 _ ->
          information.execute(cdb, writeProtected, dataIn);
      case Cdb.Unknown _ -> new Outcome.CheckCondition(Sense.INVALID_COMMAND_OPERATION_CODE);
      case Cdb.Invalid _ -> new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    };
  }

  private Outcome read(Cdb.Read read, DataIn dataIn) throws IOException {
    int blockSize = blockSize();
    long wanted = dataIn.begin(read.blocks() * blockSize);
    long left = (wanted + blockSize - 1) / blockSize;
    long lba = read.lba();
    while (left > 0) {
      ByteBuffer into = dataIn.claim(left * blockSize);
      int blocks = into.remaining() / blockSize;
      try {
        disk.read(lba, into);
      } catch (IOException | RuntimeException e) {
        return new Outcome.CheckCondition(sense("read", e, Sense.UNRECOVERED_READ_ERROR));
      }
      dataIn.commit();
      lba += blocks;
      left -= blocks;
    }
    return Outcome.Done.GOOD;
  }

  private Outcome write(long lba, ByteBuffer data, boolean flushed) {
    if (data.hasRemaining()) {
      try {
        disk.write(lba, data);
      } catch (IOException | RuntimeException e) {
        return new Outcome.ChangesLost(sense("write", e, Sense.WRITE_ERROR));
      }
    }
    return flushed ? Outcome.Done.GOOD_ONCE_FLUSHED : Outcome.Done.GOOD_ONCE_SETTLED;
  }

  private Outcome compareAndWrite(Cdb.CompareAndWrite cdb, ByteBuffer data) {
    int half = data.remaining() / 2;
    ByteBuffer content = ByteBuffer.allocate(half);
    try {
      disk.read(cdb.lba(), content);
    } catch (IOException | RuntimeException e) {
      return new Outcome.CheckCondition(
          sense("compare and write", e, Sense.UNRECOVERED_READ_ERROR));
    }
    int different = content.flip().mismatch(data.slice(data.position(), half));
    if (different >= 0) {
      return new Outcome.CheckCondition(Sense.MISCOMPARE_DURING_VERIFY.with(different));
    }
    return write(cdb.lba(), data.position(data.position() + half), cdb.forceUnitAccess());
  }

  private Outcome orWrite(Cdb.OrWrite cdb, ByteBuffer data) {
    ByteBuffer content = ByteBuffer.allocate(data.remaining());
    try {
      disk.read(cdb.lba(), content);
    } catch (IOException | RuntimeException e) {
      return new Outcome.CheckCondition(sense("orwrite", e, Sense.UNRECOVERED_READ_ERROR));
    }
    content.flip();
    for (int at = 0; at < content.limit(); at += Long.BYTES) {
      content.putLong(at, content.getLong(at) | data.getLong(data.position() + at));
    }
    return write(cdb.lba(), content, cdb.forceUnitAccess());
  }

  private Outcome writeSame(Cdb.WriteSame same, ByteBuffer data) {
    boolean zero = same.noDataOut() || isZero(data);
    try {
      if (zero) {
        disk.zero(List.of(new Extent(same.lba(), same.blocks())), same.unmap());
      } else {
        disk.write(same.lba(), repeated(data, (int) same.blocks()));
      }
      return Outcome.Done.GOOD_ONCE_SETTLED;
    } catch (IOException | RuntimeException e) {
      return new Outcome.ChangesLost(sense("write same", e, Sense.WRITE_ERROR));
    }
  }

  private static boolean isZero(ByteBuffer data) {
    for (int i = data.position(); i < data.limit(); i += Long.BYTES) {
      if (data.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer repeated(ByteBuffer block, int count) {
    ByteBuffer all = ByteBuffer.allocate(count * block.remaining());
    while (all.hasRemaining()) {
      all.put(block.duplicate());
    }
    return all.flip();
  }

  private Outcome unmap(ByteBuffer list) {
    if (!list.hasRemaining()) {
      return Outcome.Done.GOOD;
    }
    UnmapList parsed = UnmapList.parse(list, disk.geometry());
    return switch (parsed) {
      case UnmapList.Refused refused -> new Outcome.CheckCondition(refused.sense());
      case UnmapList.Extents extents -> {
        try {
          if (!extents.extents().isEmpty()) {
            disk.zero(extents.extents(), true);
          }
          yield Outcome.Done.GOOD_ONCE_SETTLED;
        } catch (IOException | RuntimeException e) {
          yield new Outcome.ChangesLost(sense("unmap", e, Sense.WRITE_ERROR));
        }
      }
    };
  }

  /** SANITIZE: zeros are one change; another pattern is as many as it takes. */
  private Outcome sanitize(Cdb.Sanitize cdb, ByteBuffer list) {
    Geometry geometry = disk.geometry();
    Extent all = new Extent(0, geometry.blockCount());
    try {
      switch (cdb.serviceAction()) {
        case Sanitize.BLOCK_ERASE -> disk.zero(List.of(all), true);
        case Sanitize.OVERWRITE -> {
          ByteBuffer pattern = Sanitize.pattern(list);
          if (pattern == null) {
            return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
          }
          overwrite(geometry, pattern);
        }
        default -> {
          // Nothing has failed that there would be a way out of.
        }
      }
      return Outcome.Done.GOOD_ONCE_FLUSHED;
    } catch (IOException | RuntimeException e) {
      return new Outcome.ChangesLost(sense("sanitize", e, Sense.WRITE_ERROR));
    }
  }

  private void overwrite(Geometry geometry, ByteBuffer pattern) throws IOException {
    int blocksAtOnce = OVERWRITE_BYTES / geometry.blockSize();
    ByteBuffer filled = Sanitize.filled(pattern, geometry.blockSize(), blocksAtOnce);
    if (isZero(filled)) {
      disk.zero(List.of(new Extent(0, geometry.blockCount())), false);
      return;
    }
    for (long block = 0; block < geometry.blockCount(); block += blocksAtOnce) {
      int blocks = (int) Math.min(blocksAtOnce, geometry.blockCount() - block);
      disk.write(block, filled.slice(0, blocks * geometry.blockSize()));
    }
    disk.settle();
  }

  private Outcome modeSelect(Nexus nexus, Cdb.ModeSelect cdb, ByteBuffer list) {
    if (!list.hasRemaining()) {
      return Outcome.Done.GOOD;
    }
    ModeParameters parameters = ModeParameters.parse(list, cdb.ten(), writeProtected);
    if (parameters == null) {
      return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    Boolean protect = parameters.softwareWriteProtect();
    if (protect != null && protect != writeProtected) {
      writeProtected = protect;
      nexuses.raiseExcept(nexus, Sense.MODE_PARAMETERS_CHANGED);
    }
    return Outcome.Done.GOOD;
  }

  private Outcome verify(Cdb.Verify verify, ByteBuffer data) {
    int blockSize = blockSize();
    ByteBuffer content = ByteBuffer.allocate(COMPARE_BYTES);
    long left = verify.blocks();
    long lba = verify.lba();
    while (left > 0) {
      int blocks = (int) Math.min(left, COMPARE_BYTES / blockSize);
      content.clear().limit(blocks * blockSize);
      try {
        disk.read(lba, content);
      } catch (IOException | RuntimeException e) {
        return new Outcome.CheckCondition(sense("verify", e, Sense.UNRECOVERED_READ_ERROR));
      }
      content.flip();
      if (verify.byteCheck() != 0 && !same(verify, content, data, blockSize)) {
        return new Outcome.CheckCondition(Sense.MISCOMPARE_DURING_VERIFY);
      }
      lba += blocks;
      left -= blocks;
    }
    return Outcome.Done.GOOD;
  }

  /** Compares what was read with as much of the data, or with its one block again and again. */
  private static boolean same(
      Cdb.Verify verify, ByteBuffer content, ByteBuffer data, int blockSize) {
    if (verify.byteCheck() == 1) {
      boolean equal = content.equals(data.slice(data.position(), content.remaining()));
      data.position(data.position() + content.remaining());
      return equal;
    }
    for (int at = 0; at < content.limit(); at += blockSize) {
      if (!content.slice(at, blockSize).equals(data)) {
        return false;
      }
    }
    return true;
  }

  private Outcome lbaStatus(Cdb.GetLbaStatus status, DataIn dataIn) throws IOException {
    ByteBuffer reply = ByteBuffer.allocate(LbaStatus.BYTES);
    try {
      LbaStatus.put(reply, disk, status.lba());
    } catch (IOException | RuntimeException e) {
      return new Outcome.CheckCondition(sense("get LBA status", e, Sense.UNRECOVERED_READ_ERROR));
    }
    return UnitInformation.finish(null, reply, status.allocationLength(), dataIn);
  }

  private Outcome reservationReport(Cdb.PersistentReserveIn cdb, DataIn dataIn) throws IOException {
    ByteBuffer reply = ReservationReport.of(cdb.serviceAction(), reservations.state());
    return reply == null
        ? new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB)
        : UnitInformation.finish(null, reply, cdb.allocationLength(), dataIn);
  }

  private Outcome changeReservations(Nexus nexus, Cdb.PersistentReserveOut cdb, ByteBuffer list) {
    ReservationRequest request = ReservationRequest.parse(cdb, list);
    return request == null
        ? new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_PARAMETER_LIST)
        : outcome(reservations.change(nexus.port(), request));
  }

  private Outcome outcome(Reservations.Result result) {
    return switch (result) {
      case Reservations.Result.Done done -> {
        done.notices().forEach(notice -> nexuses.raise(notice.port(), notice.condition()));
        yield Outcome.Done.GOOD;
      }
      case Reservations.Result.Conflict _ -> Outcome.Done.RESERVATION_CONFLICT;
      case Reservations.Result.Refused refused -> new Outcome.CheckCondition(refused.sense());
    };
  }

  private Outcome startStop(Nexus nexus, Cdb.StartStopUnit cdb) {
    // The disk is always started; only START_VALID, power condition 0, means anything here.
    if (cdb.powerCondition() != 0) {
      return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    }
    if (disk.removable() && cdb.loadEject()) {
      boolean ejected = medium.ejected();
      boolean moved = cdb.start() ? medium.load() : medium.eject();
      if (!moved) {
        return new Outcome.CheckCondition(Sense.MEDIUM_REMOVAL_PREVENTED);
      }
      if (cdb.start() && ejected) {
        nexuses.raiseExcept(nexus, Sense.MEDIUM_MAY_HAVE_CHANGED);
      }
    }
    return Outcome.Done.GOOD_ONCE_FLUSHED;
  }

  private Outcome preventRemoval(Nexus nexus, boolean prevent) {
    if (prevent) {
      medium.prevent(nexus);
    } else {
      medium.allow(nexus);
    }
    return Outcome.Done.GOOD;
  }

  /** Returns why the changes so far cannot be acknowledged, or null if they can. */
  @Nullable Sense settle(boolean flush) {
    try {
      if (flush) {
        disk.flush();
      } else {
        disk.settle();
      }
      return null;
    } catch (IOException | RuntimeException e) {
      return sense(flush ? "flush" : "settle", e, Sense.WRITE_ERROR);
    }
  }

  private static Sense sense(String action, Exception failure, Sense otherwise) {
    if (failure instanceof DeviceException device) {
      return switch (device.reason()) {
        case UNREADABLE -> Sense.UNRECOVERED_READ_ERROR;
        case UNWRITABLE -> Sense.WRITE_ERROR;
        case NO_SPACE -> Sense.SPACE_ALLOCATION_FAILED;
        case READ_ONLY -> Sense.WRITE_PROTECTED;
        case NOT_READY -> Sense.BECOMING_READY;
      };
    }
    log.error("{} failed", action, failure);
    return failure instanceof IOException ? otherwise : Sense.INTERNAL_TARGET_FAILURE;
  }
}
