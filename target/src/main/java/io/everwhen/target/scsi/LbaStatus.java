package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Run;
import java.io.IOException;
import java.nio.ByteBuffer;

/** GET LBA STATUS, SBC-3 section 5.4: which blocks hold data, as far as the disk knows. */
final class LbaStatus {

  static final int MAPPED = 0;
  static final int DEALLOCATED = 1;

  private static final int HEADER_BYTES = 8;
  private static final int DESCRIPTOR_BYTES = 16;
  private static final int DESCRIPTORS_MAX = 256;

  /** How often one command asks the disk; the initiator asks again from where it ended. */
  private static final int RUNS_MAX = 1024;

  private static final long UINT_32_MAX = 0xffffffffL;

  private LbaStatus() {}

  /**
   * Returns parameter data, up to its position: the runs from {@code lba} on, one after the other,
   * as many as fit and at least one.
   */
  static ByteBuffer of(BlockDevice disk, long lba, int allocationLength) throws IOException {
    int wanted = (allocationLength - HEADER_BYTES) / DESCRIPTOR_BYTES;
    int descriptors = Math.clamp(wanted, 1, DESCRIPTORS_MAX);
    ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + descriptors * DESCRIPTOR_BYTES);
    out.putInt(0).putInt(0);
    long end = disk.geometry().blockCount();
    long start = lba;
    Run first = disk.run(lba);
    for (int asked = 1; out.hasRemaining(); ) {
      boolean mapped = first.mapped();
      long at = start + first.blocks();
      Run next = null;
      while (at < end && asked < RUNS_MAX && next == null) {
        Run after = disk.run(at);
        asked++;
        if (after.mapped() == mapped) {
          at += after.blocks();
        } else {
          next = after;
        }
      }
      at = Math.min(at, start + UINT_32_MAX);
      out.putLong(start).putInt((int) (at - start));
      out.put((byte) (mapped ? MAPPED : DEALLOCATED)).put(new byte[3]);
      if (next == null) {
        break; // the end of the disk, or far enough for one command
      }
      start = at;
      first = next;
    }
    return out.putInt(0, out.position() - Integer.BYTES);
  }
}
