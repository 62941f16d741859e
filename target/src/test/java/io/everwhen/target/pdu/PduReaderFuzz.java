package io.everwhen.target.pdu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * A stream cut into PDUs. The first byte chooses digests (bits 0 and 1) and how the stream arrives
 * (upper bits, 0 for all at once). A stream is refused with {@link ProtocolException} or read; what
 * is read lies within it, and the buffer stays bounded.
 */
public final class PduReaderFuzz {

  private static final int DATA_BYTES_MAX = 8 << 10;
  private static final int FIRST_BUFFER_BYTES = 64;

  private PduReaderFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    int choice = input[0] & 0xff;
    int atOnce = choice >> 2 == 0 ? Integer.MAX_VALUE : choice >> 2;
    ByteBuffer stream = ByteBuffer.wrap(input, 1, input.length - 1);
    PduReader reader = new PduReader(new Slow(stream, atOnce), FIRST_BUFFER_BYTES, DATA_BYTES_MAX);
    reader.digests(digest(choice & 1), digest(choice & 2));
    long bytes = 0;
    try {
      while (reader.fill()) {
        while (reader.next()) {
          bytes += BasicHeader.BYTES + reader.header().additionalHeaderBytes() + reader.dataBytes();
          require(reader.dataBytes() <= DATA_BYTES_MAX, "a segment longer than allowed");
          require(reader.data().remaining() == reader.dataBytes(), "data cut short");
          require(bytes < input.length, "more was read than there is");
        }
      }
    } catch (ProtocolException _) {
      // Refused, as it should be.
    }
  }

  private static Digest digest(int bit) {
    return bit == 0 ? Digest.NONE : Digest.CRC32C;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  /** Gives at most so many bytes at once. */
  private record Slow(ByteBuffer stream, int atOnce) implements ReadableByteChannel {
    @Override
    public int read(ByteBuffer into) {
      require(into.hasRemaining(), "a read without room never ends");
      require(into.capacity() <= PduReader.BUFFER_BYTES_MAX, "the buffer grows beyond its bound");
      if (!stream.hasRemaining()) {
        return -1;
      }
      int length = Math.min(atOnce, Math.min(into.remaining(), stream.remaining()));
      into.put(stream.slice(stream.position(), length));
      stream.position(stream.position() + length);
      return length;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
