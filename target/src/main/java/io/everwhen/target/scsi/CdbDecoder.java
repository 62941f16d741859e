package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/** Takes the fields of a CDB apart, by the tables of SPC-4 section 6 and SBC-3 section 5. */
final class CdbDecoder {

  private static final Cdb TEST_UNIT_READY = new Cdb.TestUnitReady();
  private static final Cdb RESERVE = new Cdb.Reserve();
  private static final Cdb RELEASE = new Cdb.Release();
  private static final Cdb INVALID = new Cdb.Invalid();

  /** NACA in the CONTROL byte: not supported, as INQUIRY says. */
  private static final int NACA = 0x04;

  private static final int THIRD_PARTY_OR_EXTENT = 0x13;
  private static final int FMTDATA = 0x10;
  private static final int LONGLIST = 0x20;
  private static final int IMMED = 0x80;

  /** ZNR, for zoned disks, and of bytes without a meaning. */
  private static final int SANITIZE_RESERVED = 0x40;

  private static final int AUSE = 0x20;
  private static final int FUA = 0x08;

  /** REQ_PLIST, REQ_GLIST and DEFECT LIST FORMAT of READ DEFECT DATA. */
  private static final int DEFECT_LISTS = 0x1f;

  private static final int UINT_31_MASK = 0x7fffffff;
  private static final long UINT_56_MASK = 0x00ffffffffffffffL;

  private CdbDecoder() {}

  static Cdb decode(ByteBuffer in, int at) {
    int code = in.get(at) & 0xff;
    Cdb cdb =
        switch (code >> 5) {
          case 0 -> six(code, in, at);
          case 1, 2 -> ten(code, in, at);
          case 4 -> sixteen(code, in, at);
          case 5 -> twelve(code, in, at);
          case 6 -> vendorSpecific(code, in, at);
          default -> new Cdb.Unknown(code);
        };
    boolean known = !(cdb instanceof Cdb.Unknown);
    return known && (in.get(at + controlAt(code)) & NACA) != 0 ? INVALID : cdb;
  }

  /** Where the CONTROL byte is: the last one of the CDB. */
  private static int controlAt(int code) {
    return switch (code >> 5) {
      case 0 -> 5;
      case 1, 2, 6 -> 9;
      case 5 -> 11;
      default -> 15;
    };
  }

  private static Cdb six(int code, ByteBuffer in, int at) {
    int flags = in.get(at + 1) & 0xff;
    int length = in.get(at + 4) & 0xff;
    return switch (code) {
      case OperationCode.TEST_UNIT_READY -> TEST_UNIT_READY;
      case OperationCode.REQUEST_SENSE -> new Cdb.RequestSense((flags & 1) != 0, length);
      case OperationCode.FORMAT_UNIT ->
          new Cdb.FormatUnit(flags >> 6, (flags & FMTDATA) != 0, (flags & LONGLIST) != 0);
      case OperationCode.READ_6 -> new Cdb.Read(0, lba21(in, at), blocks6(length));
      case OperationCode.WRITE_6 ->
          new Cdb.Write(0, false, false, 0, lba21(in, at), blocks6(length));
      case OperationCode.INQUIRY -> inquiry(flags, in, at);
      case OperationCode.MODE_SELECT_6 -> new Cdb.ModeSelect(false, (flags & 1) != 0, length);
      case OperationCode.RESERVE_6 -> wholeUnit(flags) ? RESERVE : INVALID;
      case OperationCode.RELEASE_6 -> wholeUnit(flags) ? RELEASE : INVALID;
      case OperationCode.MODE_SENSE_6 -> modeSense(false, flags, in, at, length);
      case OperationCode.START_STOP_UNIT ->
          new Cdb.StartStopUnit(length >> 4, (length & 2) != 0, (length & 1) != 0);
      case OperationCode.PREVENT_ALLOW_MEDIUM_REMOVAL ->
          new Cdb.PreventAllowMediumRemoval((length & 1) != 0);
      default -> new Cdb.Unknown(code);
    };
  }

  private static long lba21(ByteBuffer in, int at) {
    return in.getInt(at) & 0x1fffff;
  }

  private static int blocks6(int length) {
    return length == 0 ? Cdb.BLOCKS_OF_ZERO_IN_6 : length;
  }

  private static Cdb inquiry(int flags, ByteBuffer in, int at) {
    boolean obsoleteCommandSupportData = (flags & 2) != 0;
    return obsoleteCommandSupportData
        ? INVALID
        : new Cdb.Inquiry((flags & 1) != 0, in.get(at + 2) & 0xff, uint16(in, at + 3));
  }

  private static Cdb modeSense(boolean ten, int flags, ByteBuffer in, int at, int length) {
    int page = in.get(at + 2) & 0xff;
    return new Cdb.ModeSense(
        ten,
        ten && (flags & 0x10) != 0,
        (flags & 0x08) != 0,
        page >> 6,
        page & 0x3f,
        in.get(at + 3) & 0xff,
        length);
  }

  private static Cdb ten(int code, ByteBuffer in, int at) {
    int flags = in.get(at + 1) & 0xff;
    long lba = uint32(in, at + 2);
    int length = uint16(in, at + 7);
    return switch (code) {
      case OperationCode.READ_CAPACITY_10 -> new Cdb.ReadCapacity10(lba, (in.get(at + 8) & 1) != 0);
      case OperationCode.READ_10 -> new Cdb.Read(flags >> 5, lba, length);
      case OperationCode.WRITE_10 ->
          new Cdb.Write(flags >> 5, (flags & FUA) != 0, false, 0, lba, length);
      case OperationCode.WRITE_AND_VERIFY_10 -> writeAndVerify(flags, lba, length);
      case OperationCode.VERIFY_10 -> new Cdb.Verify(flags >> 5, byteCheck(flags), lba, length);
      case OperationCode.PRE_FETCH_10 -> new Cdb.PreFetch(lba, length);
      case OperationCode.READ_DEFECT_DATA_10 ->
          new Cdb.ReadDefectData(false, in.get(at + 2) & DEFECT_LISTS, length);
      case OperationCode.SYNCHRONIZE_CACHE_10 -> new Cdb.SynchronizeCache(lba, length);
      case OperationCode.WRITE_BUFFER ->
          new Cdb.WriteBuffer(
              flags & 0x1f, in.get(at + 2) & 0xff, uint24(in, at + 3), uint24(in, at + 6));
      case OperationCode.READ_BUFFER ->
          new Cdb.ReadBuffer(
              flags & 0x1f, in.get(at + 2) & 0xff, uint24(in, at + 3), uint24(in, at + 6));
      case OperationCode.LOG_SENSE ->
          new Cdb.LogSense(
              (flags & 1) != 0,
              in.get(at + 2) & 0x3f,
              in.get(at + 3) & 0xff,
              uint16(in, at + 5),
              length);
      case OperationCode.WRITE_SAME_10 -> writeSame(flags, false, lba, length);
      case OperationCode.UNMAP -> new Cdb.Unmap((flags & 1) != 0, length);
      case OperationCode.MODE_SELECT_10 -> new Cdb.ModeSelect(true, (flags & 1) != 0, length);
      case OperationCode.SANITIZE -> sanitize(flags, in, at, length);
      case OperationCode.RESERVE_10 -> wholeUnit(flags) ? RESERVE : INVALID;
      case OperationCode.RELEASE_10 -> wholeUnit(flags) ? RELEASE : INVALID;
      case OperationCode.PERSISTENT_RESERVE_OUT ->
          new Cdb.PersistentReserveOut(
              flags & 0x1f,
              (in.get(at + 2) & 0xff) >> 4,
              in.get(at + 2) & 0x0f,
              uint32(in, at + 5));
      case OperationCode.PERSISTENT_RESERVE_IN -> new Cdb.PersistentReserveIn(flags & 0x1f, length);
      case OperationCode.MODE_SENSE_10 -> modeSense(true, flags, in, at, length);
      default -> new Cdb.Unknown(code);
    };
  }

  /** Whether RESERVE or RELEASE is neither for a third party nor for an extent. */
  private static boolean wholeUnit(int flags) {
    return (flags & THIRD_PARTY_OR_EXTENT) == 0;
  }

  private static Cdb sanitize(int flags, ByteBuffer in, int at, int length) {
    boolean reserved =
        (flags & SANITIZE_RESERVED) != 0 || in.getInt(at + 2) != 0 || in.get(at + 6) != 0;
    return reserved
        ? INVALID
        : new Cdb.Sanitize((flags & IMMED) != 0, (flags & AUSE) != 0, flags & 0x1f, length);
  }

  private static Cdb twelve(int code, ByteBuffer in, int at) {
    int flags = in.get(at + 1) & 0xff;
    long lba = uint32(in, at + 2);
    long length = uint32(in, at + 6);
    return switch (code) {
      case OperationCode.REPORT_LUNS -> new Cdb.ReportLuns(in.get(at + 2) & 0xff, length);
      case OperationCode.READ_12 -> new Cdb.Read(flags >> 5, lba, length);
      case OperationCode.WRITE_12 ->
          new Cdb.Write(flags >> 5, (flags & FUA) != 0, false, 0, lba, length);
      case OperationCode.WRITE_AND_VERIFY_12 -> writeAndVerify(flags, lba, length);
      case OperationCode.VERIFY_12 -> new Cdb.Verify(flags >> 5, byteCheck(flags), lba, length);
      case OperationCode.READ_DEFECT_DATA_12 ->
          new Cdb.ReadDefectData(true, flags & DEFECT_LISTS, length);
      case OperationCode.MAINTENANCE_IN -> maintenanceIn(flags, in, at, length);
      default -> new Cdb.Unknown(code);
    };
  }

  private static Cdb maintenanceIn(int flags, ByteBuffer in, int at, long length) {
    int options = in.get(at + 2) & 0xff;
    boolean first = (options & 0x80) != 0;
    return switch (flags & 0x1f) {
      case OperationCode.REPORT_TARGET_PORT_GROUPS ->
          new Cdb.ReportTargetPortGroups(flags >> 5, length);
      case OperationCode.REPORT_SUPPORTED_OPERATION_CODES ->
          new Cdb.ReportOperationCodes(
              first, options & 7, in.get(at + 3) & 0xff, uint16(in, at + 4), length);
      case OperationCode.REPORT_SUPPORTED_TASK_MANAGEMENT_FUNCTIONS ->
          new Cdb.ReportTaskManagementFunctions(first, length);
      default -> new Cdb.Unknown(OperationCode.MAINTENANCE_IN);
    };
  }

  private static Cdb sixteen(int code, ByteBuffer in, int at) {
    int flags = in.get(at + 1) & 0xff;
    long lba = in.getLong(at + 2);
    long length = uint32(in, at + 10);
    return switch (code) {
      case OperationCode.THIRD_PARTY_COPY_OUT -> thirdPartyCopyOut(flags & 0x1f, in, at, length);
      case OperationCode.THIRD_PARTY_COPY_IN -> thirdPartyCopyIn(flags & 0x1f, in, at, length);
      case OperationCode.READ_16 -> new Cdb.Read(flags >> 5, lba, length);
      case OperationCode.COMPARE_AND_WRITE ->
          new Cdb.CompareAndWrite(flags >> 5, (flags & FUA) != 0, lba, in.get(at + 13) & 0xff);
      case OperationCode.OR_WRITE_16 ->
          new Cdb.OrWrite(flags >> 5, (flags & FUA) != 0, lba, length);
      case OperationCode.WRITE_ATOMIC_16 ->
          new Cdb.WriteAtomic(
              flags >> 5, (flags & FUA) != 0, uint16(in, at + 10), lba, uint16(in, at + 12));
      case OperationCode.PRE_FETCH_16 -> new Cdb.PreFetch(lba, length);
      case OperationCode.WRITE_16 ->
          new Cdb.Write(flags >> 5, (flags & FUA) != 0, false, 0, lba, length);
      case OperationCode.WRITE_AND_VERIFY_16 -> writeAndVerify(flags, lba, length);
      case OperationCode.VERIFY_16 -> new Cdb.Verify(flags >> 5, byteCheck(flags), lba, length);
      case OperationCode.SYNCHRONIZE_CACHE_16 -> new Cdb.SynchronizeCache(lba, length);
      case OperationCode.WRITE_SAME_16 -> writeSame(flags, (flags & 1) != 0, lba, length);
      case OperationCode.SERVICE_ACTION_IN_16 -> serviceActionIn(flags & 0x1f, in, at, lba, length);
      default -> new Cdb.Unknown(code);
    };
  }

  private static Cdb vendorSpecific(int code, ByteBuffer in, int at) {
    if (code != OperationCode.MARK) {
      return new Cdb.Unknown(code);
    }
    // What sets any of these means another vendor's command.
    boolean reserved = (in.getLong(at) & UINT_56_MASK) >> Byte.SIZE != 0;
    return reserved ? INVALID : new Cdb.Mark(uint16(in, at + 7));
  }

  private static Cdb thirdPartyCopyOut(int action, ByteBuffer in, int at, long length) {
    return switch (action) {
      case OperationCode.EXTENDED_COPY_LID1 -> new Cdb.ExtendedCopy(length);
      case OperationCode.POPULATE_TOKEN -> new Cdb.PopulateToken(in.getInt(at + 6), length);
      case OperationCode.WRITE_USING_TOKEN -> new Cdb.WriteUsingToken(in.getInt(at + 6), length);
      default -> INVALID;
    };
  }

  private static Cdb thirdPartyCopyIn(int action, ByteBuffer in, int at, long length) {
    return action == OperationCode.RECEIVE_ROD_TOKEN_INFORMATION
        ? new Cdb.ReceiveRodTokenInformation(in.getInt(at + 2), length)
        : new Cdb.ReceiveCopyResults(action, in.get(at + 2) & 0xff, length);
  }

  private static Cdb serviceActionIn(int action, ByteBuffer in, int at, long lba, long length) {
    int allocationLength = (int) Math.min(length, UINT_31_MASK);
    return switch (action) {
      case OperationCode.READ_CAPACITY_16 ->
          new Cdb.ReadCapacity16(lba, (in.get(at + 14) & 1) != 0, allocationLength);
      case OperationCode.GET_LBA_STATUS -> new Cdb.GetLbaStatus(lba, allocationLength);
      default -> new Cdb.Unknown(OperationCode.SERVICE_ACTION_IN_16);
    };
  }

  private static Cdb writeAndVerify(int flags, long lba, long length) {
    return new Cdb.Write(flags >> 5, false, true, byteCheck(flags), lba, length);
  }

  private static Cdb writeSame(int flags, boolean noDataOut, long lba, long length) {
    return new Cdb.WriteSame(
        flags >> 5, (flags & 0x10) != 0, (flags & 0x08) != 0, noDataOut, lba, length);
  }

  private static int byteCheck(int flags) {
    return flags >> 1 & 3;
  }

  private static int uint16(ByteBuffer in, int at) {
    return in.getShort(at) & 0xffff;
  }

  private static int uint24(ByteBuffer in, int at) {
    return (in.get(at) & 0xff) << 16 | uint16(in, at + 1);
  }

  private static long uint32(ByteBuffer in, int at) {
    return in.getInt(at) & 0xffffffffL;
  }
}
