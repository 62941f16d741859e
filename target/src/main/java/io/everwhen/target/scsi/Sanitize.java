package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The fields of SANITIZE, SBC-3 section 5.24. */
final class Sanitize {

  static final int OVERWRITE = 0x01;
  static final int BLOCK_ERASE = 0x02;
  static final int CRYPTOGRAPHIC_ERASE = 0x03;
  static final int EXIT_FAILURE_MODE = 0x1f;

  private static final int HEADER_BYTES = 4;
  private static final int OVERWRITE_COUNT = 0x1f;
  private static final int INVERT_OR_TEST = 0xe0;

  private Sanitize() {}

  /** Returns why the CDB cannot be carried out, or null. */
  static @Nullable Sense check(Cdb.Sanitize cdb, BlockDevice disk) {
    int length = cdb.parameterListLength();
    boolean fits =
        switch (cdb.serviceAction()) {
          case OVERWRITE ->
              length > HEADER_BYTES && length <= HEADER_BYTES + disk.geometry().blockSize();
          case CRYPTOGRAPHIC_ERASE -> disk.encrypted() && length == 0;
          case BLOCK_ERASE, EXIT_FAILURE_MODE -> length == 0;
          default -> false;
        };
    return fits ? null : Sense.INVALID_FIELD_IN_CDB;
  }

  /** Returns the pattern that overwrites the disk; null if the parameter list is wrong. */
  static @Nullable ByteBuffer pattern(ByteBuffer list) {
    int at = list.position();
    int options = list.get(at) & 0xff;
    int length = list.getShort(at + 2) & 0xffff;
    boolean wrong =
        (options & OVERWRITE_COUNT) == 0
            || (options & INVERT_OR_TEST) != 0
            || length == 0
            || length != list.remaining() - HEADER_BYTES;
    return wrong ? null : list.slice(at + HEADER_BYTES, length);
  }

  /** Blocks filled with the pattern over and over, each from its beginning. */
  static ByteBuffer filled(ByteBuffer pattern, int blockSize, int blocks) {
    ByteBuffer all = ByteBuffer.allocate(blockSize * blocks);
    for (int at = 0; at < all.capacity(); at++) {
      all.put(at, pattern.get(at % blockSize % pattern.remaining()));
    }
    return all;
  }
}
