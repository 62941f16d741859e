package io.everwhen.target.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parameter list of EXTENDED COPY(LID1), SPC-4 section 6.4.3. */
sealed interface CopyList {

  int HEADER_BYTES = 16;

  int LIST_ID_RESERVED = 1;
  int LIST_ID_DISABLED = 3;

  /**
   * What is to be copied.
   *
   * @param identified whether the initiator may ask for the outcome
   */
  record Request(
      int listIdentifier, boolean identified, List<CopyTarget> targets, List<CopySegment> segments)
      implements CopyList {}

  /** A list that cannot be carried out. */
  record Refused(Sense sense) implements CopyList {}

  static CopyList parse(ByteBuffer list) {
    ByteBuffer in = list.slice();
    int targetBytes = in.getShort(2) & 0xffff;
    long segmentBytes = in.getInt(8) & 0xffffffffL;
    long inlineBytes = in.getInt(12) & 0xffffffffL;
    int usage = in.get(1) >> 3 & 3;
    int identifier = in.get(0) & 0xff;
    if (targetBytes + segmentBytes > CopyLimits.DESCRIPTOR_BYTES_MAX
        || targetBytes + segmentBytes + inlineBytes > in.remaining() - HEADER_BYTES
        || targetBytes % CopyTarget.BYTES != 0) {
      return new Refused(Sense.PARAMETER_LIST_LENGTH_ERROR);
    } else if (inlineBytes > 0) {
      return new Refused(Sense.INLINE_DATA_LENGTH_EXCEEDED);
    } else if (usage == LIST_ID_RESERVED || (usage == LIST_ID_DISABLED && identifier != 0)) {
      return new Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    List<CopyTarget> targets = new ArrayList<>();
    Sense wrong = targets(in, targetBytes, targets);
    List<CopySegment> segments = new ArrayList<>();
    if (wrong == null) {
      wrong = segments(in.slice(HEADER_BYTES + targetBytes, (int) segmentBytes), segments);
    }
    return wrong == null
        ? new Request(identifier, usage != LIST_ID_DISABLED, targets, segments)
        : new Refused(wrong);
  }

  private static @Nullable Sense targets(ByteBuffer in, int bytes, List<CopyTarget> targets) {
    if (bytes / CopyTarget.BYTES > CopyLimits.TARGETS_MAX) {
      return Sense.TOO_MANY_TARGET_DESCRIPTORS;
    }
    for (int at = HEADER_BYTES; at < HEADER_BYTES + bytes; at += CopyTarget.BYTES) {
      if ((in.get(at) & 0xff) != CopyTarget.IDENTIFICATION) {
        return Sense.UNSUPPORTED_TARGET_DESCRIPTOR;
      }
      targets.add(CopyTarget.parse(in, at));
    }
    return null;
  }

  private static @Nullable Sense segments(ByteBuffer in, List<CopySegment> segments) {
    int at = 0;
    while (at < in.limit()) {
      int type = in.get(at) & 0xff;
      if (!CopySegment.isServed(type)) {
        return Sense.UNSUPPORTED_SEGMENT_DESCRIPTOR;
      }
      int bytes = CopySegment.HEADER_BYTES + CopySegment.length(type);
      if (in.limit() - at < bytes) {
        return Sense.PARAMETER_LIST_LENGTH_ERROR;
      }
      if ((in.getShort(at + 2) & 0xffff) != CopySegment.length(type)) {
        return Sense.INVALID_FIELD_IN_PARAMETER_LIST;
      }
      if (segments.size() == CopyLimits.SEGMENTS_MAX) {
        return Sense.TOO_MANY_SEGMENT_DESCRIPTORS;
      }
      segments.add(CopySegment.parse(in, at));
      at += bytes;
    }
    return null;
  }
}
