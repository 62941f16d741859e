package io.everwhen.target.scsi;

import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A command descriptor block, decoded; SPC-4 section 4.2 and SBC-3 section 5. Lengths and addresses
 * are unchecked.
 */
public sealed interface Cdb {

  /** Bytes of the longest CDB served. */
  int BYTES_MAX = 16;

  /** TRANSFER LENGTH 0 of a 6-byte command means this many blocks. */
  int BLOCKS_OF_ZERO_IN_6 = 256;

  /** Bytes that the initiator has to send with the command. */
  default long dataOutBytes(int blockSize) {
    return 0;
  }

  /**
   * This command when only {@code bytes} of data come with it; null if it cannot be carried out
   * with those. Too much data does no harm unless the command says otherwise.
   */
  default @Nullable Cdb withDataOut(long bytes, int blockSize) {
    return bytes < dataOutBytes(blockSize) ? null : this;
  }

  /**
   * Whether it is answered with a unit attention pending and without a logical unit, SPC-4 sections
   * 6.6.1, 6.33 and 6.39.
   */
  default boolean alwaysAnswered() {
    return false;
  }

  /**
   * Whether it settles what it changes by itself, at any logical unit: then what the same thread
   * has changed before must be settled and answered before.
   */
  default boolean settlesFirst() {
    return false;
  }

  /** Whether it changes data, and so returns none. */
  default boolean changes() {
    return Access.of(this) == Access.CHANGING;
  }

  /** Whether it may abort tasks of others. */
  default boolean aborts() {
    return false;
  }

  record TestUnitReady() implements Cdb {}

  record RequestSense(boolean descriptor, int allocationLength) implements Cdb {
    @Override
    public boolean alwaysAnswered() {
      return true;
    }
  }

  /** INQUIRY; {@code evpd} asks for the vital product data page {@code page}. */
  record Inquiry(boolean evpd, int page, int allocationLength) implements Cdb {
    @Override
    public boolean alwaysAnswered() {
      return true;
    }
  }

  /**
   * MODE SENSE(6) or, if {@code ten}, (10). {@code control} is 0 current, 1 changeable, 2 default,
   * 3 saved.
   */
  record ModeSense(
      boolean ten,
      boolean longBlockDescriptor,
      boolean noBlockDescriptor,
      int control,
      int page,
      int subpage,
      int allocationLength)
      implements Cdb {}

  /** MODE SELECT(6) or, if {@code ten}, (10). */
  record ModeSelect(boolean ten, boolean save, int parameterListLength) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }
  }

  /**
   * FORMAT UNIT.
   *
   * @param protectionInformation FMTPINFO
   * @param data FMTDATA: a parameter list comes with it, with a long header if {@code longList}
   */
  record FormatUnit(int protectionInformation, boolean data, boolean longList) implements Cdb {

    @Override
    public long dataOutBytes(int blockSize) {
      return !data ? 0 : longList ? 8 : 4;
    }

    @Override
    public boolean settlesFirst() {
      return true;
    }
  }

  /**
   * SANITIZE.
   *
   * @param immediate IMMED: it is answered when it begins
   * @param unrestricted AUSE: if it fails, EXIT FAILURE MODE helps
   */
  record Sanitize(
      boolean immediate, boolean unrestricted, int serviceAction, int parameterListLength)
      implements Cdb {
    @Override
    public boolean settlesFirst() {
      return true;
    }

    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }
  }

  /** EXTENDED COPY(LID1). */
  record ExtendedCopy(long parameterListLength) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }

    @Override
    public boolean settlesFirst() {
      return true;
    }
  }

  /** POPULATE TOKEN. */
  record PopulateToken(int listIdentifier, long parameterListLength) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }
  }

  /** WRITE USING TOKEN. */
  record WriteUsingToken(int listIdentifier, long parameterListLength) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }

    @Override
    public boolean settlesFirst() {
      return true;
    }
  }

  record ReceiveRodTokenInformation(int listIdentifier, long allocationLength) implements Cdb {}

  /** RECEIVE COPY RESULTS, of copies by EXTENDED COPY(LID1). */
  record ReceiveCopyResults(int serviceAction, int listIdentifier, long allocationLength)
      implements Cdb {}

  record ReadCapacity10(long lba, boolean partialMedium) implements Cdb {}

  record ReadCapacity16(long lba, boolean partialMedium, int allocationLength) implements Cdb {}

  record GetLbaStatus(long lba, int allocationLength) implements Cdb {}

  record ReportLuns(int select, long allocationLength) implements Cdb {
    @Override
    public boolean alwaysAnswered() {
      return true;
    }
  }

  /** REPORT SUPPORTED OPERATION CODES. */
  record ReportOperationCodes(
      boolean timeouts, int options, int operationCode, int serviceAction, long allocationLength)
      implements Cdb {}

  /** REPORT TARGET PORT GROUPS; {@code format} of the parameter data is 0 plain, 1 extended. */
  record ReportTargetPortGroups(int format, long allocationLength) implements Cdb {}

  /** REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS; {@code extended} asks for time-outs too. */
  record ReportTaskManagementFunctions(boolean extended, long allocationLength) implements Cdb {}

  record LogSense(boolean save, int page, int subpage, int parameterPointer, int allocationLength)
      implements Cdb {}

  record ReadBuffer(int mode, int bufferId, int offset, int allocationLength) implements Cdb {}

  record WriteBuffer(int mode, int bufferId, int offset, int parameterListLength) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }
  }

  record PersistentReserveIn(int serviceAction, int allocationLength) implements Cdb {}

  /** PERSISTENT RESERVE OUT. */
  record PersistentReserveOut(int serviceAction, int scope, int type, long parameterListLength)
      implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }

    @Override
    public boolean aborts() {
      return ReservationRequest.aborts(serviceAction);
    }
  }

  /** RESERVE(6) and RESERVE(10), SPC-2 section 7.21. */
  record Reserve() implements Cdb {}

  /** RELEASE(6) and RELEASE(10), SPC-2 section 7.17. */
  record Release() implements Cdb {}

  record StartStopUnit(int powerCondition, boolean loadEject, boolean start) implements Cdb {}

  record PreventAllowMediumRemoval(boolean prevent) implements Cdb {}

  record Read(int protect, long lba, long blocks) implements Cdb {}

  /** WRITE, and WRITE AND VERIFY if {@code verify}. */
  record Write(
      int protect, boolean forceUnitAccess, boolean verify, int byteCheck, long lba, long blocks)
      implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return blocks * blockSize;
    }

    /** Data beyond what the initiator announced is not written, FCP-4 section 9.4.2. */
    @Override
    public @Nullable Cdb withDataOut(long bytes, int blockSize) {
      if (bytes >= dataOutBytes(blockSize)) {
        return this;
      }
      return bytes % blockSize != 0
          ? null
          : new Write(protect, forceUnitAccess, verify, byteCheck, lba, bytes / blockSize);
    }
  }

  /**
   * VERIFY; {@code byteCheck} 0 reads only, 1 compares with as many blocks, 3 with one block
   * repeated.
   */
  record Verify(int protect, int byteCheck, long lba, long blocks) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return switch (byteCheck) {
        case 1 -> blocks * blockSize;
        case 3 -> blocks == 0 ? 0 : blockSize;
        default -> 0;
      };
    }
  }

  /**
   * COMPARE AND WRITE: the data is {@code blocks} to compare with, then as many to write if they
   * are equal.
   */
  record CompareAndWrite(int protect, boolean forceUnitAccess, long lba, int blocks)
      implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return 2L * blocks * blockSize;
    }

    /** Where the second half begins follows from the length, so the field and it must agree. */
    @Override
    public Cdb withDataOut(long bytes, int blockSize) {
      return bytes == dataOutBytes(blockSize) ? this : new Invalid();
    }
  }

  /** ORWRITE(16): writes the bitwise OR of the data and what is there. */
  record OrWrite(int protect, boolean forceUnitAccess, long lba, long blocks) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return blocks * blockSize;
    }
  }

  /** WRITE ATOMIC(16), SBC-4 section 5.47; {@code boundary} is the atomic boundary in blocks. */
  record WriteAtomic(int protect, boolean forceUnitAccess, int boundary, long lba, int blocks)
      implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return (long) blocks * blockSize;
    }
  }

  record PreFetch(long lba, long blocks) implements Cdb {}

  /**
   * READ DEFECT DATA(10) or, if {@code twelve}, (12). {@code lists} has PLIST, GLIST and format.
   */
  record ReadDefectData(boolean twelve, int lists, long allocationLength) implements Cdb {}

  record SynchronizeCache(long lba, long blocks) implements Cdb {}

  record Unmap(boolean anchor, int parameterListLength) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }
  }

  record WriteSame(
      int protect, boolean anchor, boolean unmap, boolean noDataOut, long lba, long blocks)
      implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return noDataOut ? 0 : blockSize;
    }

    /** How many blocks are written on a disk: of length 0, all to the end. */
    long blocksOn(Geometry geometry) {
      return blocks == 0 ? geometry.blockCount() - lba : blocks;
    }

    /** The block to repeat is exactly one block. */
    @Override
    public @Nullable Cdb withDataOut(long bytes, int blockSize) {
      return bytes == dataOutBytes(blockSize) ? this : null;
    }
  }

  /** MARK, which is vendor specific: see {@link Marking}. */
  record Mark(int parameterListLength) implements Cdb {
    @Override
    public long dataOutBytes(int blockSize) {
      return parameterListLength;
    }

    @Override
    public boolean settlesFirst() {
      return true;
    }
  }

  /** A command that is not served. */
  record Unknown(int operationCode) implements Cdb {}

  /** A command that is served, but not with these fields. */
  record Invalid() implements Cdb {}

  /** Decodes the {@link #BYTES_MAX} bytes from {@code at} on. */
  static Cdb decode(ByteBuffer in, int at) {
    return CdbDecoder.decode(in, at);
  }
}
