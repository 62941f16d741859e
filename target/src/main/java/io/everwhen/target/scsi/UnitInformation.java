package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The commands that return a description of a logical unit rather than its content. Off the hot
 * path.
 */
final class UnitInformation {

  /** More than the longest description served. */
  private static final int REPLY_BYTES_MAX = 16 << 10;

  /** LBPME and LBPRZ of READ CAPACITY(16): thin provisioned, unmapped blocks read as zeros. */
  private static final int PROVISIONING = 0xc000;

  private final BlockDevice disk;
  private final DiskIdentity identity;
  private final UnitOptions options;

  UnitInformation(BlockDevice disk, DiskIdentity identity, UnitOptions options) {
    this.disk = disk;
    this.identity = identity;
    this.options = options;
  }

  Outcome execute(Cdb cdb, ModeParameters parameters, TargetPorts ports, DataIn dataIn)
      throws IOException {
    ByteBuffer reply = ByteBuffer.allocate(REPLY_BYTES_MAX);
    return switch (cdb) {
      case Cdb.Inquiry inquiry ->
          finish(inquiry(reply, inquiry, ports), reply, inquiry.allocationLength(), dataIn);
      case Cdb.ModeSense mode ->
          finish(
              ModePages.put(
                  reply, mode, disk.geometry(), disk.readOnly(), disk.writeThrough(), parameters),
              reply,
              mode.allocationLength(),
              dataIn);
      case Cdb.ReportOperationCodes codes ->
          finish(
              SupportedCommands.put(reply, codes, disk), reply, codes.allocationLength(), dataIn);
      case Cdb.ReportTargetPortGroups groups ->
          finish(
              TargetPortGroups.put(reply, groups, ports), reply, groups.allocationLength(), dataIn);
      case Cdb.ReportTaskManagementFunctions functions -> {
        TaskManagementFunctions.put(reply, functions.extended());
        yield finish(null, reply, functions.allocationLength(), dataIn);
      }
      case Cdb.LogSense log ->
          finish(LogPages.put(reply, log), reply, log.allocationLength(), dataIn);
      case Cdb.ReadDefectData defects -> defectData(reply, defects, dataIn);
      case Cdb.ReadCapacity10 _ -> capacity10(reply, dataIn);
      case Cdb.ReadCapacity16 capacity -> capacity16(reply, capacity, dataIn);
      default ->
          throw new IllegalArgumentException("not a command that describes the unit: " + cdb);
    };
  }

  private @Nullable Sense inquiry(ByteBuffer reply, Cdb.Inquiry inquiry, TargetPorts ports) {
    if (inquiry.evpd()) {
      boolean known = VitalProductData.put(reply, inquiry.page(), identity, disk, options, ports);
      return known ? null : Sense.INVALID_FIELD_IN_CDB;
    }
    if (inquiry.page() != 0) {
      return Sense.INVALID_FIELD_IN_CDB;
    }
    StandardInquiry.put(reply, true, disk.removable(), ports.all().size() > 1);
    return null;
  }

  /** Whether the Device Identification page has this designator of the logical unit. */
  boolean isNamed(int designatorType, ByteBuffer designator) {
    ByteBuffer page = ByteBuffer.allocate(REPLY_BYTES_MAX);
    Designators.putUnit(page, identity);
    page.flip();
    while (page.hasRemaining()) {
      int at = page.position();
      int length = page.get(at + 3) & 0xff;
      int ofLogicalUnitAndType = page.get(at + 1) & 0x3f;
      if (ofLogicalUnitAndType == designatorType && page.slice(at + 4, length).equals(designator)) {
        return true;
      }
      page.position(at + 4 + length);
    }
    return false;
  }

  private Outcome capacity10(ByteBuffer reply, DataIn dataIn) throws IOException {
    Geometry geometry = disk.geometry();
    long last = geometry.blockCount() - 1;
    reply.putInt(last > 0xfffffffeL ? 0xffffffff : (int) last).putInt(geometry.blockSize());
    return finish(null, reply, reply.position(), dataIn);
  }

  private Outcome capacity16(ByteBuffer reply, Cdb.ReadCapacity16 cdb, DataIn dataIn)
      throws IOException {
    Geometry geometry = disk.geometry();
    int exponent =
        Integer.numberOfTrailingZeros(geometry.physicalBlockSize() / geometry.blockSize());
    reply.putLong(geometry.blockCount() - 1).putInt(geometry.blockSize());
    reply.put((byte) 0).put((byte) exponent).putShort((short) PROVISIONING).put(new byte[16]);
    return finish(null, reply, cdb.allocationLength(), dataIn);
  }

  /** READ DEFECT DATA: both lists are there, and empty. SBC-3 sections 5.20 and 5.21. */
  private static Outcome defectData(ByteBuffer reply, Cdb.ReadDefectData cdb, DataIn dataIn)
      throws IOException {
    reply.put((byte) 0).put((byte) cdb.lists()).putShort((short) 0);
    if (cdb.twelve()) {
      reply.putInt(0);
    }
    return finish(null, reply, cdb.allocationLength(), dataIn);
  }

  /** REQUEST SENSE: with autosense there is never anything to report but what is said here. */
  static Outcome requestSense(Cdb.RequestSense request, Sense sense, DataIn dataIn)
      throws IOException {
    ByteBuffer reply = ByteBuffer.allocate(Sense.DESCRIPTOR_BYTES_MAX);
    sense.put(reply, request.descriptor());
    return finish(null, reply, request.allocationLength(), dataIn);
  }

  /** Delivers what was put into {@code reply}, cut to the allocation length. */
  static Outcome finish(
      @Nullable Sense refusal, ByteBuffer reply, long allocationLength, DataIn dataIn)
      throws IOException {
    if (refusal != null) {
      return new Outcome.CheckCondition(refusal);
    }
    int available = reply.position();
    long wanted = dataIn.begin(Math.min(available, allocationLength));
    reply.flip().limit((int) wanted);
    while (reply.hasRemaining()) {
      ByteBuffer into = dataIn.claim(reply.remaining());
      int length = into.remaining();
      into.put(into.position(), reply, reply.position(), length);
      reply.position(reply.position() + length);
      dataIn.commit();
    }
    return Outcome.Done.GOOD;
  }
}
