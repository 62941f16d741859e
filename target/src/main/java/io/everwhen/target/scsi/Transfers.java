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
      long bytes = left * blockSize;
      Loan loan = null;
      int delivered;
      try {
        if (borrowedMax > 0) {
          loan = disk.lend(lba, (int) Math.min(bytes, borrowedMax));
        }
      } catch (IOException | RuntimeException e) {
        return DeviceFailure.reading("read", e);
      }
      if (loan != null) {
        delivered = loan.content().limit();
        dataIn.borrow(loan);
      } else {
        ByteBuffer into = dataIn.claim(bytes);
        delivered = into.remaining();
        try {
          disk.read(lba, into);
        } catch (IOException | RuntimeException e) {
          return DeviceFailure.reading("read", e);
        }
        dataIn.commit();
      }
      lba += delivered / blockSize;
      left -= delivered / blockSize;
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
