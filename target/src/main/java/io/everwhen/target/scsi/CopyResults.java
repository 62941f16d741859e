package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of the copies that one nexus has asked for, by their list identifiers; RECEIVE COPY
 * RESULTS, SPC-4 sections 6.18 to 6.21. Keeps the last few. Any thread may call it.
 */
final class CopyResults {

  static final int COPY_STATUS = 0;
  static final int OPERATING_PARAMETERS = 3;
  static final int FAILED_SEGMENT_DETAILS = 4;

  private static final int OPERATING_PARAMETERS_BYTES = 44;
  private static final int FAILED_SEGMENT_BYTES = 60;
  private static final int STATUS_BYTES = 12;

  /** SNLID: LIST ID USAGE 11b is served. */
  private static final int NO_LIST_IDENTIFIER_SERVED = 1;

  /** 512 bytes, as a power of two. */
  static final int GRANULARITY_BITS = 9;

  static final int[] DESCRIPTORS = {
    CopySegment.BLOCK_TO_BLOCK, CopySegment.BLOCK_TO_BLOCK_WITH_OFFSET, CopyTarget.IDENTIFICATION
  };

  private static final int CHECK_CONDITION = 0x02;

  private final Map<Integer, CopyProgress> copies = new LinkedHashMap<>();

  /** A copy begins; null if another of this identifier is under way. */
  synchronized @Nullable CopyProgress begin(int identifier) {
    CopyProgress before = copies.get(identifier);
    if (before != null && before.status() == CopyProgress.Status.IN_PROGRESS) {
      return null;
    }
    copies.remove(identifier);
    if (copies.size() >= CopyLimits.RESULTS_MAX) {
      copies.remove(copies.keySet().iterator().next());
    }
    CopyProgress progress = new CopyProgress();
    copies.put(identifier, progress);
    return progress;
  }

  Outcome report(Cdb.ReceiveCopyResults cdb, DataIn dataIn) throws IOException {
    ByteBuffer reply =
        switch (cdb.serviceAction()) {
          case COPY_STATUS -> status(cdb.listIdentifier());
          case OPERATING_PARAMETERS -> operatingParameters();
          case FAILED_SEGMENT_DETAILS -> failedSegment(cdb.listIdentifier());
          default -> null;
        };
    return reply == null
        ? new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB)
        : UnitInformation.finish(null, reply, cdb.allocationLength(), dataIn);
  }

  private synchronized @Nullable ByteBuffer status(int identifier) {
    CopyProgress copy = copies.get(identifier);
    if (copy == null) {
      return null;
    }
    return ByteBuffer.allocate(STATUS_BYTES)
        .putInt(STATUS_BYTES - Integer.BYTES)
        .put((byte) copy.status().code())
        .putShort((short) copy.segments())
        .put((byte) 0) // TRANSFER COUNT UNITS: bytes
        .putInt((int) Math.min(copy.bytes(), 0xffffffffL));
  }

  private static ByteBuffer operatingParameters() {
    ByteBuffer reply = ByteBuffer.allocate(OPERATING_PARAMETERS_BYTES + DESCRIPTORS.length);
    reply.putInt(0, reply.capacity() - Integer.BYTES);
    reply.put(4, (byte) NO_LIST_IDENTIFIER_SERVED);
    reply.putShort(8, (short) CopyLimits.TARGETS_MAX);
    reply.putShort(10, (short) CopyLimits.SEGMENTS_MAX);
    reply.putInt(12, CopyLimits.DESCRIPTOR_BYTES_MAX);
    reply.putInt(16, CopyLimits.SEGMENT_BYTES_MAX);
    reply.putShort(34, (short) CopyLimits.RESULTS_MAX);
    reply.put(36, (byte) CopyLimits.RESULTS_MAX);
    reply.put(37, (byte) GRANULARITY_BITS);
    reply.put(43, (byte) DESCRIPTORS.length).position(OPERATING_PARAMETERS_BYTES);
    for (int descriptor : DESCRIPTORS) {
      reply.put((byte) descriptor);
    }
    return reply;
  }

  /** Why a copy failed; told once. */
  private synchronized @Nullable ByteBuffer failedSegment(int identifier) {
    CopyProgress copy = copies.get(identifier);
    Sense failure = copy == null ? null : copy.failure();
    if (failure == null) {
      return null;
    }
    copies.remove(identifier);
    ByteBuffer reply = ByteBuffer.allocate(FAILED_SEGMENT_BYTES + Sense.FIXED_BYTES);
    reply.putInt(0, reply.capacity() - Integer.BYTES);
    reply.put(56, (byte) CHECK_CONDITION).putShort(58, (short) Sense.FIXED_BYTES);
    failure.putFixed(reply.position(FAILED_SEGMENT_BYTES));
    return reply;
  }
}
