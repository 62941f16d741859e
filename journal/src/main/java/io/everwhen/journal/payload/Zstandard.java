package io.everwhen.journal.payload;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.everwhen.journal.format.FormatException;
import java.nio.ByteBuffer;

/** Zstandard frames (RFC 8878) in direct buffers. Any thread. */
final class Zstandard {

  // Of the whole process, and as long-lived.
  private static final Pool<ZstdCompressCtx> COMPRESSORS = new Pool<>(ZstdCompressCtx::new);
  private static final Pool<ZstdDecompressCtx> DECOMPRESSORS = new Pool<>(ZstdDecompressCtx::new);

  private Zstandard() {}

  /** The most bytes that the frame of so many bytes takes. */
  static int bound(int bytes) {
    return (int) Zstd.compressBound(bytes);
  }

  /**
   * Makes the frame of what remains in {@code from} at {@code into}'s position; moves neither.
   *
   * @param into with room for {@link #bound}
   * @return the bytes of the frame
   */
  static int compress(int level, ByteBuffer from, ByteBuffer into) {
    ZstdCompressCtx context = COMPRESSORS.take();
    try {
      return context
          .setLevel(level)
          .compressDirectByteBuffer(
              into, into.position(), into.remaining(), from, from.position(), from.remaining());
    } finally {
      COMPRESSORS.give(context);
    }
  }

  /**
   * Fills what remains in {@code into} with the content of the frame in {@code from}; moves
   * neither.
   *
   * @throws FormatException when it is not the frame of exactly so many bytes
   */
  static void decompress(ByteBuffer from, ByteBuffer into) throws FormatException {
    ZstdDecompressCtx context = DECOMPRESSORS.take();
    int bytes;
    try {
      bytes =
          context.decompressDirectByteBuffer(
              into, into.position(), into.remaining(), from, from.position(), from.remaining());
    } catch (ZstdException e) {
      throw new FormatException("its payload cannot be decompressed: " + e.getMessage());
    } finally {
      DECOMPRESSORS.give(context);
    }
    if (bytes != into.remaining()) {
      throw new FormatException(
          "its payload decompresses to %d bytes, not %d".formatted(bytes, into.remaining()));
    }
  }
}
