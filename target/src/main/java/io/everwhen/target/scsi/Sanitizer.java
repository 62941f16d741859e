package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Carries out SANITIZE, SBC-3 section 5.24. Zeros are one change; another pattern is as many as it
 * takes, settled one by one.
 */
final class Sanitizer {

  private static final int OVERWRITE_BYTES = 1 << 20;

  private final BlockDevice disk;
  private final LongOperation operation;

  /** Whether EXIT FAILURE MODE ends what a failed one has left; AUSE. */
  private volatile boolean unrestricted;

  Sanitizer(BlockDevice disk, LongOperation operation) {
    this.disk = disk;
    this.operation = operation;
  }

  Outcome sanitize(Cdb.Sanitize cdb, ByteBuffer list) {
    if (cdb.serviceAction() == Sanitize.EXIT_FAILURE_MODE) {
      return exitFailureMode();
    }
    LongOperation.Work work = work(cdb.serviceAction(), list);
    if (work == null) {
      return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    }
    unrestricted = cdb.unrestricted();
    var end = operation.start(Sense.SANITIZE_IN_PROGRESS, Sense.SANITIZE_FAILED, work);
    return cdb.immediate() ? Outcome.Done.GOOD : new Outcome.Pending(end);
  }

  private Outcome exitFailureMode() {
    if (operation.state() != null) {
      if (!unrestricted) {
        return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB);
      }
      operation.recover();
    }
    return Outcome.Done.GOOD;
  }

  private LongOperation.@Nullable Work work(int action, ByteBuffer list) {
    return switch (action) {
      case Sanitize.BLOCK_ERASE ->
          _ -> {
            disk.zero(all(), true);
            disk.flush();
          };
      case Sanitize.CRYPTOGRAPHIC_ERASE ->
          _ -> {
            disk.eraseKey();
            disk.flush();
          };
      default -> {
        ByteBuffer pattern = Sanitize.pattern(list);
        if (pattern == null) {
          yield null;
        }
        Geometry geometry = disk.geometry();
        ByteBuffer filled =
            Sanitize.filled(pattern, geometry.blockSize(), OVERWRITE_BYTES / geometry.blockSize());
        yield progress -> overwrite(filled, progress);
      }
    };
  }

  private List<Extent> all() {
    return List.of(new Extent(0, disk.geometry().blockCount()));
  }

  private void overwrite(ByteBuffer filled, LongOperation.Progress progress) throws IOException {
    if (Provisioning.isZero(filled)) {
      disk.zero(all(), false);
    } else {
      Geometry geometry = disk.geometry();
      int blocksAtOnce = filled.capacity() / geometry.blockSize();
      for (long block = 0; block < geometry.blockCount(); block += blocksAtOnce) {
        int blocks = (int) Math.min(blocksAtOnce, geometry.blockCount() - block);
        disk.write(block, filled.slice(0, blocks * geometry.blockSize()));
        disk.settle();
        progress.done(block + blocks, geometry.blockCount());
      }
    }
    disk.flush();
  }
}
