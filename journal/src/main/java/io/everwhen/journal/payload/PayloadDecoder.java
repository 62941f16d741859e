package io.everwhen.journal.payload;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Turns what is stored back into what was written. One thread. */
public final class PayloadDecoder {

  private final @Nullable Keyring keys;
  private ByteBuffer content = ByteBuffer.allocateDirect(0);
  private ByteBuffer decrypted = ByteBuffer.allocateDirect(0);

  /**
   * A decoder.
   *
   * @param keys of the group; null when nothing is encrypted, or nobody asks for what is
   */
  public PayloadDecoder(@Nullable Keyring keys) {
    this.keys = keys;
  }

  /**
   * The content of an entry; what is not a WRITE has its payload as content.
   *
   * @param stored its payload, checked against the header, in a direct buffer; not moved
   * @return {@code stored} itself, or a buffer that is valid until the next call
   * @throws FormatException when the payload is not one that an encoder has made of so many bytes
   * @throws KeyException when it is encrypted, and the key is not here
   */
  public ByteBuffer decode(EntryHeader entry, ByteBuffer stored) throws IOException {
    if (!entry.isEncoded()) {
      return stored;
    }
    ByteBuffer plain =
        (entry.encoding() & EntryHeader.ENCRYPTED) == 0 ? stored : decrypt(entry, stored);
    if ((entry.encoding() & EntryHeader.COMPRESSED) == 0) {
      if (plain.remaining() != entry.length()) {
        throw new FormatException(
            "its payload has %d bytes, not %d".formatted(plain.remaining(), entry.length()));
      }
      return plain;
    }
    content = cleared(content, (int) entry.length());
    Zstandard.decompress(plain, content);
    return content.slice();
  }

  /** Bytes of memory that it keeps for the next payload. */
  public long heldBytes() {
    return (long) content.capacity() + decrypted.capacity();
  }

  private ByteBuffer decrypt(EntryHeader entry, ByteBuffer stored) throws IOException {
    if (keys == null) {
      throw new KeyException(
          "entry %d is encrypted; name its key file with --key-file, or the file with its passphrase with --passphrase-file"
              .formatted(entry.sequence()));
    }
    decrypted = cleared(decrypted, stored.remaining() - EntryHeader.ENCRYPTION_BYTES);
    PayloadCipher.decrypt(keys, entry, stored, decrypted);
    return decrypted.flip().slice();
  }

  private static ByteBuffer cleared(ByteBuffer buffer, int bytes) {
    ByteBuffer enough = buffer.capacity() < bytes ? ByteBuffer.allocateDirect(bytes) : buffer;
    return enough.clear().limit(bytes);
  }
}
