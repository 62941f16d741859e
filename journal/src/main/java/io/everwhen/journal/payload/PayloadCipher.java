package io.everwhen.journal.payload;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Payloads encrypted by AES-256-GCM: the number of the key (4 bytes, little-endian), the nonce
 * (12), what is encrypted, and the tag (16). Any thread.
 *
 * <p>The tag also covers what the entry's header says of the extent, so that nobody can move a
 * payload to another place. Not its sequence and time, which the entry gets later than its payload.
 */
final class PayloadCipher {

  private static final String GCM = "AES/GCM/NoPadding";
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;
  private static final int BEFORE_BYTES = Integer.BYTES + NONCE_BYTES;

  private static final int CONTEXT_BYTES = 16 + 2 * Long.BYTES + 2 * Integer.BYTES;

  static {
    if (BEFORE_BYTES + TAG_BYTES != EntryHeader.ENCRYPTION_BYTES) {
      throw new IllegalStateException("the format says otherwise");
    }
  }

  private PayloadCipher() {}

  /**
   * Encrypts what remains in {@code plain}, which is not moved.
   *
   * @param encoding of the entry, encrypted or'ed in
   * @param length of the extent
   * @param into with room for {@link EntryHeader#ENCRYPTION_BYTES} more; filled to its limit
   */
  static void encrypt(
      Keyring keys,
      Nonces nonces,
      int encoding,
      int disk,
      long offset,
      long length,
      ByteBuffer plain,
      ByteBuffer into) {
    int number = keys.newest();
    byte[] nonce = nonces.next();
    into.order(ByteOrder.LITTLE_ENDIAN).putInt(number).put(nonce);
    try {
      Cipher cipher = Cipher.getInstance(GCM);
      cipher.init(
          Cipher.ENCRYPT_MODE,
          keys.key(number),
          new GCMParameterSpec(Byte.SIZE * TAG_BYTES, nonce));
      cipher.updateAAD(context(keys, number, encoding, disk, offset, length));
      cipher.doFinal(plain.duplicate(), into);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Decrypts a payload.
   *
   * @param stored the payload; not moved
   * @param into with room for {@link EntryHeader#ENCRYPTION_BYTES} less; filled to its limit
   * @throws FormatException when it is not what was encrypted for this entry with this key
   * @throws KeyException when there is no such key
   */
  static void decrypt(Keyring keys, EntryHeader entry, ByteBuffer stored, ByteBuffer into)
      throws FormatException, KeyException {
    int at = stored.position();
    int number = stored.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(at);
    SecretKey key = keys.key(number);
    if (key == null) {
      throw new KeyException(
          "entry %d is encrypted with key %d, which is not in the keys file: it is older than the journal, put a newer copy in its place"
              .formatted(entry.sequence(), number));
    }
    byte[] nonce = new byte[NONCE_BYTES];
    stored.get(at + Integer.BYTES, nonce);
    try {
      Cipher cipher = Cipher.getInstance(GCM);
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(Byte.SIZE * TAG_BYTES, nonce));
      cipher.updateAAD(
          context(keys, number, entry.encoding(), entry.disk(), entry.offset(), entry.length()));
      cipher.doFinal(stored.slice(at + BEFORE_BYTES, stored.remaining() - BEFORE_BYTES), into);
    } catch (AEADBadTagException e) {
      throw new FormatException("its payload is not what was encrypted with key " + number);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] context(
      Keyring keys, int number, int encoding, int disk, long offset, long length) {
    ByteBuffer context = ByteBuffer.allocate(CONTEXT_BYTES);
    keys.putGroup(context);
    context.putLong(offset).putLong(length).putInt(number).putShort((short) disk);
    context.put((byte) EntryKind.WRITE.code()).put((byte) encoding);
    return context.array();
  }
}
