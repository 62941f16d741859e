package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Carries out EXTENDED COPY(LID1), SPC-4 section 6.4, between the logical units that one initiator
 * port sees: as that port's own reads and writes would, so that reservations, protection and the
 * order of changes hold for a copy as for anything else. Each segment is one change.
 */
final class CopyManager {

  /** Stands for the logical unit that the command came to, instead of a target descriptor. */
  static final int THIS_UNIT = 0xffff;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final CopyTarget NO_TARGET = new CopyTarget(0, NOTHING, false, 0);

  private CopyManager() {}

  /** A logical unit that takes part, and how it was described. */
  private record Side(UnitNexus nexus, boolean pads, int blockSize) {}

  static Outcome extendedCopy(UnitNexus nexus, ByteBuffer list) throws IOException {
    if (!list.hasRemaining()) {
      return Outcome.Done.GOOD;
    }
    return switch (CopyList.parse(list)) {
      case CopyList.Refused refused -> new Outcome.CheckCondition(refused.sense());
      case CopyList.Request request -> {
        CopyProgress progress =
            request.identified()
                ? nexus.copyResults().begin(request.listIdentifier())
                : new CopyProgress();
        if (progress == null) {
          yield new Outcome.CheckCondition(Sense.OPERATION_IN_PROGRESS);
        }
        Sense failure = Sense.INTERNAL_TARGET_FAILURE;
        try {
          failure = copy(nexus, request, progress);
        } finally {
          progress.end(failure);
        }
        yield failure == null ? Outcome.Done.GOOD : new Outcome.CheckCondition(failure);
      }
    };
  }

  /** Returns why not everything was copied, or null. */
  private static @Nullable Sense copy(
      UnitNexus nexus, CopyList.Request request, CopyProgress progress) throws IOException {
    for (CopySegment segment : request.segments()) {
      Side source = side(nexus, request, segment.source());
      Side destination = side(nexus, request, segment.destination());
      if (source == null || destination == null) {
        return Sense.UNREACHABLE_COPY_TARGET;
      }
      long bytes = segment.bytes(source.blockSize(), destination.blockSize());
      Sense failure = bytes == 0 ? null : copy(segment, source, destination, bytes);
      if (failure != null) {
        return failure;
      }
      progress.copied(bytes);
    }
    return null;
  }

  private static @Nullable Side side(UnitNexus nexus, CopyList.Request request, int index) {
    boolean described = index < request.targets().size();
    CopyTarget target = described ? request.targets().get(index) : NO_TARGET;
    UnitNexus found =
        described
            ? nexus.session().find(target.designatorType(), target.designator())
            : index == THIS_UNIT ? nexus : null;
    if (found == null) {
      return null;
    }
    int blockSize = found.unit().blockSize();
    boolean asDescribed = target.blockSize() == 0 || target.blockSize() == blockSize;
    return asDescribed ? new Side(found, target.pads(), blockSize) : null;
  }

  private static @Nullable Sense copy(
      CopySegment segment, Side source, Side destination, long bytes) throws IOException {
    long before = segment.sourceOffset();
    boolean aligned =
        before % source.blockSize() == 0
            && segment.destinationOffset() % destination.blockSize() == 0;
    long wanted = roundUp(bytes, source.blockSize());
    long written = roundUp(bytes, destination.blockSize());
    if (Math.max(wanted, written) > CopyLimits.SEGMENT_BYTES_MAX || !aligned) {
      return Sense.COPY_SEGMENT_WRONG;
    }
    boolean inexact =
        (wanted != bytes && !source.pads()) || (written != bytes && !destination.pads());
    if (segment.concatenates() ? wanted != written : inexact) {
      return Sense.UNEXPECTED_INEXACT_SEGMENT;
    }
    ByteBuffer buffer = LargeBuffers.FOR_COPIES.acquire();
    try {
      long from = segment.sourceBlock() + before / source.blockSize();
      Sense failure =
          CopyTransfers.read(source.nexus(), from, wanted / source.blockSize(), buffer.clear());
      if (failure != null) {
        return failure;
      }
      buffer.clear().limit((int) written);
      for (int at = (int) bytes; at < written; at++) {
        buffer.put(at, (byte) 0);
      }
      long to = segment.destinationBlock() + segment.destinationOffset() / destination.blockSize();
      return CopyTransfers.write(destination.nexus(), to, buffer);
    } finally {
      LargeBuffers.FOR_COPIES.release(buffer);
    }
  }

  private static long roundUp(long bytes, int blockSize) {
    return (bytes + blockSize - 1) / blockSize * blockSize;
  }
}
