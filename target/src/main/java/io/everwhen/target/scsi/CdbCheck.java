package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Geometry;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of a command before any of its data is there: whether its fields fit the disk.
 * Every method returns why the command fails, or null.
 */
final class CdbCheck {

  private static final int ATOMIC_BOUNDARY_AT = 10;

  private final BlockDevice disk;
  private final UnitMode mode;
  private final UnitOptions options;

  CdbCheck(BlockDevice disk, UnitMode mode, UnitOptions options) {
    this.disk = disk;
    this.mode = mode;
    this.options = options;
  }

  @Nullable Sense check(Cdb cdb) {
    return switch (cdb) {
      case Cdb.Read read -> extent(read.protect(), read.lba(), read.blocks());
      case Cdb.Write write -> write(write);
      case Cdb.CompareAndWrite compare -> compareAndWrite(compare);
      case Cdb.OrWrite or -> change(or.protect(), or.lba(), or.blocks());
      case Cdb.WriteAtomic atomic -> writeAtomic(atomic);
      case Cdb.Verify verify -> verify(verify);
      case Cdb.WriteSame same -> writeSame(same);
      case Cdb.Unmap unmap -> unmap.anchor() ? Sense.INVALID_FIELD_IN_CDB : writable();
      case Cdb.SynchronizeCache sync -> range(sync.lba(), sync.blocks());
      case Cdb.PreFetch fetch -> range(fetch.lba(), fetch.blocks());
      case Cdb.GetLbaStatus status -> range(status.lba(), 1);
      case Cdb.ExtendedCopy copy -> extendedCopy(copy.parameterListLength());
      case Cdb.PopulateToken populate ->
          tokenList(populate.parameterListLength(), TokenList.POPULATE_HEADER_BYTES);
      case Cdb.WriteUsingToken write -> writeUsingToken(write);
      case Cdb.Mark mark -> mark(mark);
      case Cdb.ModeSelect select -> select.save() ? Sense.INVALID_FIELD_IN_CDB : null;
      case Cdb.WriteBuffer write -> ScratchBuffers.check(write);
      case Cdb.Sanitize sanitize -> sanitize(sanitize);
      case Cdb.FormatUnit format ->
          format.protectionInformation() != 0 ? Sense.INVALID_FIELD_IN_CDB : writable();
      case Cdb.PersistentReserveOut out -> ReservationRequest.check(out);
      case Cdb.ReadCapacity10 capacity -> capacity(capacity.partialMedium(), capacity.lba());
      case Cdb.ReadCapacity16 capacity -> capacity(capacity.partialMedium(), capacity.lba());
      case Cdb.Unknown _ -> Sense.INVALID_COMMAND_OPERATION_CODE;
      case Cdb.Invalid _ -> Sense.INVALID_FIELD_IN_CDB;
      case Cdb.TestUnitReady _,
          Cdb.RequestSense _,
          Cdb.Inquiry _,
          Cdb.ModeSense _,
          Cdb.ReportLuns _,
          Cdb.ReportOperationCodes _,
          Cdb.ReadDefectData _,
          Cdb.ReceiveCopyResults _,
          Cdb.ReceiveRodTokenInformation _,
          Cdb.LogSense _,
          Cdb.ReadBuffer _,
          Cdb.ReportTargetPortGroups _,
          Cdb.ReportTaskManagementFunctions _,
          Cdb.PersistentReserveIn _,
          Cdb.Reserve _,
          Cdb.Release _,
          Cdb.StartStopUnit _,
          Cdb.PreventAllowMediumRemoval _ ->
          null;
    };
  }

  private @Nullable Sense range(long lba, long blocks) {
    return disk.geometry().contains(lba, blocks) ? null : Sense.LBA_OUT_OF_RANGE;
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
    return disk.readOnly() || mode.writeProtected() ? Sense.WRITE_PROTECTED : null;
  }

  private @Nullable Sense write(Cdb.Write write) {
    return write.byteCheck() > 1
        ? Sense.INVALID_FIELD_IN_CDB
        : change(write.protect(), write.lba(), write.blocks());
  }

  private @Nullable Sense compareAndWrite(Cdb.CompareAndWrite compare) {
    return compare.blocks() > BlockLimits.COMPARE_AND_WRITE_BLOCKS_MAX
        ? Sense.INVALID_FIELD_IN_CDB
        : change(compare.protect(), compare.lba(), compare.blocks());
  }

  private @Nullable Sense writeAtomic(Cdb.WriteAtomic atomic) {
    return atomic.boundary() != 0
        ? Sense.INVALID_FIELD_IN_CDB.at(ATOMIC_BOUNDARY_AT)
        : change(atomic.protect(), atomic.lba(), atomic.blocks());
  }

  private @Nullable Sense verify(Cdb.Verify verify) {
    return verify.byteCheck() == 2
        ? Sense.INVALID_FIELD_IN_CDB
        : extent(verify.protect(), verify.lba(), verify.blocks());
  }

  private @Nullable Sense writeSame(Cdb.WriteSame same) {
    if (same.anchor()) {
      return Sense.INVALID_FIELD_IN_CDB; // ANC_SUP is not set
    }
    if (same.blocks() == 0 && !options.zeroLengthWriteSame()) {
      return Sense.INVALID_FIELD_IN_CDB; // WSNZ is set
    }
    Sense sense = range(same.lba(), Math.max(1, same.blocks()));
    return sense == null
        ? change(same.protect(), same.lba(), same.blocksOn(disk.geometry()))
        : sense;
  }

  private @Nullable Sense sanitize(Cdb.Sanitize sanitize) {
    Sense sense = Sanitize.check(sanitize, disk);
    return sense == null ? writable() : sense;
  }

  private static @Nullable Sense extendedCopy(long listLength) {
    boolean fits =
        listLength >= CopyList.HEADER_BYTES
            && listLength <= CopyList.HEADER_BYTES + CopyLimits.DESCRIPTOR_BYTES_MAX;
    return listLength == 0 || fits ? null : Sense.PARAMETER_LIST_LENGTH_ERROR;
  }

  private @Nullable Sense writeUsingToken(Cdb.WriteUsingToken write) {
    Sense sense = tokenList(write.parameterListLength(), TokenList.WRITE_HEADER_BYTES);
    return sense == null ? writable() : sense;
  }

  private @Nullable Sense mark(Cdb.Mark mark) {
    if (!disk.takesMarks()) {
      return Sense.INVALID_COMMAND_OPERATION_CODE;
    }
    return mark.parameterListLength() == 0 ? Sense.PARAMETER_LIST_LENGTH_ERROR : writable();
  }

  private static @Nullable Sense tokenList(long listLength, int header) {
    boolean fits =
        listLength >= header
            && listLength <= header + CopyLimits.RANGES_MAX * TokenList.RANGE_BYTES;
    return listLength == 0 || fits ? null : Sense.PARAMETER_LIST_LENGTH_ERROR;
  }

  private static @Nullable Sense capacity(boolean partialMedium, long lba) {
    return lba != 0 && !partialMedium ? Sense.INVALID_FIELD_IN_CDB : null;
  }
}
