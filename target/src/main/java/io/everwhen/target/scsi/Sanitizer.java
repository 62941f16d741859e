package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Carries out SANITIZE, SBC-3 section 5.24. */
final class Sanitizer {

  private static final int OVERWRITE_BYTES = 1 << 20;

  private final BlockDevice disk;

  Sanitizer(BlockDevice disk) {
    this.disk = disk;
  }

  /** SANITIZE: zeros are one change; another pattern is as many as it takes. */
  Outcome sanitize(Cdb.Sanitize cdb, ByteBuffer list) {
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
      return DeviceFailure.changing("sanitize", e);
    }
  }

  private void overwrite(Geometry geometry, ByteBuffer pattern) throws IOException {
    int blocksAtOnce = OVERWRITE_BYTES / geometry.blockSize();
    ByteBuffer filled = Sanitize.filled(pattern, geometry.blockSize(), blocksAtOnce);
    if (Provisioning.isZero(filled)) {
      disk.zero(List.of(new Extent(0, geometry.blockCount())), false);
      return;
    }
    for (long block = 0; block < geometry.blockCount(); block += blocksAtOnce) {
      int blocks = (int) Math.min(blocksAtOnce, geometry.blockCount() - block);
      disk.write(block, filled.slice(0, blocks * geometry.blockSize()));
    }
    disk.settle();
  }
}
