package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * COMPARE AND WRITE and ORWRITE, SBC-3 sections 5.2 and 5.8: what they write depends on what is
 * there.
 */
final class ReadModifyWrite {

  private static final int PIECE_BYTES = 64 << 10;

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
    int blockSize = disk.geometry().blockSize();
    int start = data.position();
    ByteBuffer content = ByteBuffer.allocate(PIECE_BYTES);
    for (int at = start; at < data.limit(); at += content.limit()) {
      content.clear().limit(Math.min(PIECE_BYTES, data.limit() - at));
      try {
        disk.read(cdb.lba() + (at - start) / blockSize, content);
      } catch (IOException | RuntimeException e) {
        return DeviceFailure.reading("orwrite", e);
      }
      for (int i = 0; i < content.limit(); i += Long.BYTES) {
        data.putLong(at + i, data.getLong(at + i) | content.getLong(i));
      }
    }
    return transfers.write(cdb.lba(), data, cdb.forceUnitAccess());
  }
}
