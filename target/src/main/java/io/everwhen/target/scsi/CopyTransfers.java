package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The reads and writes of copies. Every method returns why the copy ends here, or null; a write is
 * settled then, and its data free.
 */
final class CopyTransfers {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private CopyTransfers() {}

  static @Nullable Sense read(UnitNexus source, long block, long blocks, ByteBuffer into)
      throws IOException {
    return failure(source.perform(new Cdb.Read(0, block, blocks), NOTHING, new ReadInto(into)));
  }

  /** Writes all of the data, as one change. */
  static @Nullable Sense write(UnitNexus destination, long block, ByteBuffer data)
      throws IOException {
    long blocks = data.remaining() / destination.unit().blockSize();
    return change(
        destination,
        Provisioning.isZero(data)
            ? new Cdb.WriteSame(0, false, true, true, block, blocks)
            : new Cdb.Write(0, false, false, 0, block, blocks),
        data);
  }

  static @Nullable Sense change(UnitNexus destination, Cdb cdb, ByteBuffer data)
      throws IOException {
    Outcome outcome = destination.perform(cdb, data, new ReadInto(NOTHING));
    Sense unsettled = destination.settle();
    return unsettled == null ? failure(outcome) : Sense.THIRD_PARTY_DEVICE_FAILURE;
  }

  private static @Nullable Sense failure(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done.RESERVATION_CONFLICT -> Sense.THIRD_PARTY_DEVICE_FAILURE;
      case Outcome.Done _ -> null;
      case Outcome.CheckCondition check ->
          check.sense().isIllegalRequest()
              ? Sense.COPY_SEGMENT_WRONG
              : Sense.THIRD_PARTY_DEVICE_FAILURE;
      case Outcome.Pending pending -> failure(pending.end().join());
      case Outcome.ChangesLost _ -> Sense.THIRD_PARTY_DEVICE_FAILURE;
    };
  }
}
