package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;

/** VERIFY, SBC-3 section 5.29: reads, and compares if asked to. */
final class Verification {

  private static final int COMPARE_BYTES = 64 << 10;

  private final BlockDevice disk;

  Verification(BlockDevice disk) {
    this.disk = disk;
  }

  Outcome verify(Cdb.Verify verify, ByteBuffer data) {
    int blockSize = disk.geometry().blockSize();
    ByteBuffer content = ByteBuffer.allocate(COMPARE_BYTES);
    long left = verify.blocks();
    long lba = verify.lba();
    while (left > 0) {
      int blocks = (int) Math.min(left, COMPARE_BYTES / blockSize);
      content.clear().limit(blocks * blockSize);
      try {
        disk.read(lba, content);
      } catch (IOException | RuntimeException e) {
        return DeviceFailure.reading("verify", e);
      }
      content.flip();
      if (verify.byteCheck() != 0 && !same(verify, content, data, blockSize)) {
        return new Outcome.CheckCondition(Sense.MISCOMPARE_DURING_VERIFY);
      }
      lba += blocks;
      left -= blocks;
    }
    return Outcome.Done.GOOD;
  }

  /** Compares what was read with as much of the data, or with its one block again and again. */
  private static boolean same(
      Cdb.Verify verify, ByteBuffer content, ByteBuffer data, int blockSize) {
    if (verify.byteCheck() == 1) {
      boolean equal = content.equals(data.slice(data.position(), content.remaining()));
      data.position(data.position() + content.remaining());
      return equal;
    }
    for (int at = 0; at < content.limit(); at += blockSize) {
      if (!content.slice(at, blockSize).equals(data)) {
        return false;
      }
    }
    return true;
  }
}
