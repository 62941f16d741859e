package io.everwhen.journal.history;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads a baseline piece by piece, for damage. Changes nothing. */
public final class BaselineAudit {

  private static final int PIECE_BYTES = 1 << 20;

  private BaselineAudit() {}

  /**
   * What comes of a piece: where it ends, how much was read, and whether it is as it was written.
   */
  public record Piece(long begin, long end, boolean atEnd, boolean sound) {

    /** How much was read. */
    public long bytes() {
      return end - begin;
    }
  }

  /**
   * Reads the next piece that holds data. Nobody may be folding meanwhile, nor may a fold have been
   * left half done.
   *
   * @param from where the last piece has ended; 0 at first
   */
  public static Piece read(Storage storage, Manifest manifest, Manifest.Disk disk, long from)
      throws IOException {
    if (!manifest.hasBaseline(disk)) {
      return new Piece(from, from, true, true);
    }
    try (BaselineFile file =
        BaselineFile.openForReading(storage, disk.number(), disk.sizeBytes(), false)) {
      long size = file.size();
      long begin = from >= size ? size : file.nextData(from);
      begin -= begin % BaselineFile.CHUNK_BYTES;
      long end = Math.min(size, begin + PIECE_BYTES);
      boolean sound = true;
      try {
        file.read(begin, ByteBuffer.allocateDirect((int) (end - begin)), chunk -> false);
      } catch (DamageException e) {
        sound = false;
      }
      return new Piece(begin, end, end == size, sound);
    }
  }
}
