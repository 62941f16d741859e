package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * COMPARE AND WRITE and ORWRITE, SBC-3 sections 5.2 and 5.8: what they write depends on what is
 * there.
 */
final class ReadModifyWrite {

  private final BlockDevice disk;
  private final Transfers transfers;

  ReadModifyWrite(BlockDevice disk, Transfers transfers) {
    this.disk = disk;
    this.transfers = transfers;
  }

  Outcome compareAndWrite(Cdb.CompareAndWrite cdb, ByteBuffer data) {
    int half = data.remaining() / 2;
    ByteBuffer content = ByteBuffer.allocate(half);
    try {
      disk.read(cdb.lba(), content);
    } catch (IOException | RuntimeException e) {
      return DeviceFailure.reading("compare and write", e);
    }
    int different = content.flip().mismatch(data.slice(data.position(), half));
    if (different >= 0) {
      return new Outcome.CheckCondition(Sense.MISCOMPARE_DURING_VERIFY.with(different));
    }
    return transfers.write(cdb.lba(), data.position(data.position() + half), cdb.forceUnitAccess());
  }

  Outcome orWrite(Cdb.OrWrite cdb, ByteBuffer data) {
    ByteBuffer content = ByteBuffer.allocate(data.remaining());
    try {
      disk.read(cdb.lba(), content);
    } catch (IOException | RuntimeException e) {
      return DeviceFailure.reading("orwrite", e);
    }
    content.flip();
    for (int at = 0; at < content.limit(); at += Long.BYTES) {
      content.putLong(at, content.getLong(at) | data.getLong(data.position() + at));
    }
    return transfers.write(cdb.lba(), content, cdb.forceUnitAccess());
  }
}
