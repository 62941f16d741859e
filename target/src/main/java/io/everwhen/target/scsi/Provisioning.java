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
        disk.write(same.lba(), repeated(data, (int) blocks));
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

  private static ByteBuffer repeated(ByteBuffer block, int count) {
    ByteBuffer all = ByteBuffer.allocate(count * block.remaining());
    while (all.hasRemaining()) {
      all.put(block.duplicate());
    }
    return all.flip();
  }
}
