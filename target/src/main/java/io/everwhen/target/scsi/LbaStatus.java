package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * GET LBA STATUS, SBC-3 section 5.4: which blocks hold data. A block that reads as zeros counts as
 * deallocated, for that is all that an initiator can rely on with LBPRZ set; so it is looked up in
 * the content, a bounded piece at a time.
 */
final class LbaStatus {

  static final int MAPPED = 0;
  static final int DEALLOCATED = 1;

  /**
   * How far one command looks: QEMU asks before every long read. The initiator asks again from
   * there.
   */
  private static final int SCAN_BYTES_MAX = 256 << 10;

  private static final int PIECE_BYTES = 64 << 10;
  private static final ByteBuffer ZEROS = ByteBuffer.allocate(PIECE_BYTES).asReadOnlyBuffer();
  private static final int DESCRIPTOR_BYTES = 16;

  /** Bytes of the parameter data. */
  static final int BYTES = 2 * Integer.BYTES + DESCRIPTOR_BYTES;

  private LbaStatus() {}

  /**
   * Appends parameter data with one descriptor, for the run of blocks of one status that starts at
   * {@code lba}.
   */
  static void put(ByteBuffer out, BlockDevice disk, long lba) throws IOException {
    Geometry geometry = disk.geometry();
    // Status is told for whole physical blocks, as far as they lie in the range.
    int unit = Math.min(geometry.physicalBlockSize(), PIECE_BYTES) / geometry.blockSize();
    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
    long end = Math.min(geometry.blockCount(), lba + SCAN_BYTES_MAX / geometry.blockSize());
    long pieceEnd = lba;
    long next = lba;
    boolean first = true;
    boolean zero = true;
    while (next < end) {
      if (next == pieceEnd) {
        pieceEnd = Math.min(end, next + piece.capacity() / geometry.blockSize());
        piece.clear().limit((int) (pieceEnd - next) * geometry.blockSize());
        disk.read(next, piece);
        piece.flip();
      }
      long after = Math.min(pieceEnd, (next / unit + 1) * unit);
      boolean reads = isZero(piece, (int) (after - next) * geometry.blockSize());
      if (!first && reads != zero) {
        break;
      }
      first = false;
      zero = reads;
      next = after;
    }
    out.putInt(Integer.BYTES + DESCRIPTOR_BYTES).putInt(0);
    out.putLong(lba)
        .putInt((int) (next - lba))
        .put((byte) (zero ? DEALLOCATED : MAPPED))
        .put(new byte[3]);
  }

  /** Whether the next {@code bytes} of the piece are all zero; moves on behind them. */
  private static boolean isZero(ByteBuffer piece, int bytes) {
    int from = piece.position();
    piece.position(from + bytes);
    return piece.slice(from, bytes).mismatch(ZEROS.slice(0, bytes)) < 0;
  }
}
