package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** WRITE SAME, UNMAP and GET LBA STATUS, SBC-3 sections 5.41, 5.28 and 5.4. */
final class Provisioning {

  private final BlockDevice disk;

  Provisioning(BlockDevice disk) {
    this.disk = disk;
  }

  Outcome writeSame(Cdb.WriteSame same, ByteBuffer data) {
    boolean zero = same.noDataOut() || isZero(data);
    long blocks = same.blocksOn(disk.geometry());
    try {
      if (zero) {
        disk.zero(List.of(new Extent(same.lba(), blocks)), same.unmap());
      } else {
        fill(same.lba(), blocks, data);
      }
      return Outcome.Done.GOOD_ONCE_SETTLED;
    } catch (IOException | RuntimeException e) {
      return DeviceFailure.changing("write same", e);
    }
  }

  Outcome unmap(ByteBuffer list) {
    if (!list.hasRemaining()) {
      return Outcome.Done.GOOD;
    }
    UnmapList parsed = UnmapList.parse(list, disk.geometry());
    return switch (parsed) {
      case UnmapList.Refused refused -> new Outcome.CheckCondition(refused.sense());
      case UnmapList.Extents extents -> {
        try {
          if (!extents.extents().isEmpty()) {
            disk.zero(extents.extents(), true);
          }
          yield Outcome.Done.GOOD_ONCE_SETTLED;
        } catch (IOException | RuntimeException e) {
          yield DeviceFailure.changing("unmap", e);
        }
      }
    };
  }

  Outcome lbaStatus(Cdb.GetLbaStatus status, DataIn dataIn) throws IOException {
    ByteBuffer reply;
    try {
      reply = LbaStatus.of(disk, status.lba(), status.allocationLength());
    } catch (IOException | RuntimeException e) {
      return DeviceFailure.reading("get LBA status", e);
    }
    return UnitInformation.finish(null, reply, status.allocationLength(), dataIn);
  }

  static boolean isZero(ByteBuffer data) {
    for (int i = data.position(); i < data.limit(); i += Long.BYTES) {
      if (data.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Writes a block again and again, as one change, and settles it. */
  private void fill(long lba, long blocks, ByteBuffer block) throws IOException {
    int blockSize = block.remaining();
    int bytes = (int) (blocks * blockSize);
    ByteBuffer all = LargeBuffers.FOR_FILLING.acquire().limit(bytes);
    try {
      for (int at = 0; at < bytes; at += blockSize) {
        all.put(at, block, block.position(), blockSize);
      }
      disk.write(lba, all);
      disk.settle(); // before the buffer is used again
    } finally {
      LargeBuffers.FOR_FILLING.release(all);
    }
  }
}
