package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Loan;
import java.io.IOException;
import java.nio.ByteBuffer;

/** READ and WRITE, SBC-3 sections 5.8 and 5.30. */
final class Transfers {

  private final BlockDevice disk;

  Transfers(BlockDevice disk) {
    this.disk = disk;
  }

  Outcome read(Cdb.Read read, DataIn dataIn) throws IOException {
    int blockSize = disk.geometry().blockSize();
    long wanted = dataIn.begin(read.blocks() * blockSize);
    long left = (wanted + blockSize - 1) / blockSize;
    long lba = read.lba();
    int borrowedMax = dataIn.borrowedBytesMax() / blockSize * blockSize;
    while (left > 0) {
      int blocks;
      Loan loan = null;
      try {
        loan = disk.lend(lba, (int) Math.min(left * blockSize, borrowedMax));
      } catch (IOException | RuntimeException e) {
        return DeviceFailure.reading("read", e);
      }
      if (loan != null) {
        blocks = loan.content().limit() / blockSize;
        dataIn.borrow(loan);
      } else {
        ByteBuffer into = dataIn.claim(left * blockSize);
        blocks = into.remaining() / blockSize;
        try {
          disk.read(lba, into);
        } catch (IOException | RuntimeException e) {
          return DeviceFailure.reading("read", e);
        }
        dataIn.commit();
      }
      lba += blocks;
      left -= blocks;
    }
    return Outcome.Done.GOOD;
  }

  Outcome write(long lba, ByteBuffer data, boolean flushed) {
    if (data.hasRemaining()) {
      try {
        disk.write(lba, data);
      } catch (IOException | RuntimeException e) {
        return DeviceFailure.changing("write", e);
      }
    }
    return flushed ? Outcome.Done.GOOD_ONCE_FLUSHED : Outcome.Done.GOOD_ONCE_SETTLED;
  }
}
