package io.everwhen.journal.payload;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Turns what is stored back into what was written. One thread. */
public final class PayloadDecoder {

  private ByteBuffer content = ByteBuffer.allocateDirect(0);

  /**
   * The content of an entry; what is not a WRITE has its payload as content.
   *
   * @param stored its payload, checked against the header, in a direct buffer; not moved
   * @return {@code stored} itself, or a buffer that is valid until the next call
   * @throws FormatException when the payload is not one that an encoder has made of so many bytes
   */
  public ByteBuffer decode(EntryHeader entry, ByteBuffer stored) throws IOException {
    if (!entry.isEncoded()) {
      return stored;
    }
    int length = (int) entry.length();
    if (content.capacity() < length) {
      content = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }
    content.clear().limit(length);
    Zstandard.decompress(stored, content);
    return content.slice();
  }
}
