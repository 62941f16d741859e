package io.everwhen.journal.payload;

import io.everwhen.journal.format.EntryHeader;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Turns what is written into what is stored. Any thread, and many at once.
 *
 * <p>What hardly gets smaller is stored as it is; of large writes samples tell, so that data that
 * is compressed already costs little.
 */
public final class PayloadEncoder {

  private static final int SAMPLES = 4;
  private static final int SAMPLE_BYTES = 4096;

  /** Smaller ones are tried at once. */
  private static final int SAMPLED_BYTES = 64 << 10;

  /** Of the whole process. */
  private static final BufferPool BUFFERS = new BufferPool();

  private final int compressionLevel;
  private final @Nullable Encryption encryption;

  private record Encryption(Keyring keys, Nonces nonces) {}

  /**
   * An encoder.
   *
   * @param compressionLevel of Zstandard, from 1; 0 for no compression
   * @param keys whose newest encrypts; null for no encryption
   * @param random for nonces, not the same as at any other opening
   */
  public PayloadEncoder(int compressionLevel, @Nullable Keyring keys, RandomGenerator random) {
    this.compressionLevel = compressionLevel;
    this.encryption = keys == null ? null : new Encryption(keys, new Nonces(random));
  }

  /**
   * Encodes what remains in {@code data}, which is not moved.
   *
   * @param offset where it goes on the disk
   * @return null when it is to be stored as it is; else to be {@link #release}d
   */
  public @Nullable EncodedPayload encode(int disk, long offset, ByteBuffer data) {
    if (!data.hasRemaining()) {
      return null;
    }
    ByteBuffer compressed = compressionLevel == 0 ? null : compressedCopy(data);
    int encoding = compressed == null ? 0 : EntryHeader.COMPRESSED;
    if (encryption == null) {
      return compressed == null ? null : new EncodedPayload(compressed, encoding);
    }
    ByteBuffer plain = compressed == null ? data : compressed;
    ByteBuffer encrypted = BUFFERS.acquire(plain.remaining() + EntryHeader.ENCRYPTION_BYTES);
    int both = encoding | EntryHeader.ENCRYPTED;
    PayloadCipher.encrypt(
        encryption.keys, encryption.nonces, both, disk, offset, data.remaining(), plain, encrypted);
    if (compressed != null) {
      BUFFERS.release(compressed);
    }
    return new EncodedPayload(encrypted.flip(), both);
  }

  private @Nullable ByteBuffer compressedCopy(ByteBuffer data) {
    if (data.isDirect()) {
      return compressed(data);
    }
    ByteBuffer direct = copyOf(data);
    try {
      return compressed(direct);
    } finally {
      BUFFERS.release(direct);
    }
  }

  /** Takes back the buffer of a payload that is stored, or never will be. */
  public void release(ByteBuffer stored) {
    BUFFERS.release(stored);
  }

  private ByteBuffer copyOf(ByteBuffer data) {
    return BUFFERS.acquire(data.remaining()).put(data.duplicate()).flip();
  }

  private @Nullable ByteBuffer compressed(ByteBuffer data) {
    int length = data.remaining();
    ByteBuffer frame = BUFFERS.acquire(Zstandard.bound(length));
    int bytes = looksCompressible(data, frame) ? compress(data, frame) : length;
    if (!isWorthwhile(bytes, length)) {
      BUFFERS.release(frame);
      return null;
    }
    frame.limit(bytes);
    if (BufferPool.sizeFor(bytes) == frame.capacity()) {
      return frame;
    }
    // It waits in a batch until it is written: not in a buffer for the whole content.
    ByteBuffer fitting = BUFFERS.acquire(bytes).put(frame).flip();
    BUFFERS.release(frame);
    return fitting;
  }

  private int compress(ByteBuffer from, ByteBuffer into) {
    return Zstandard.compress(compressionLevel, from, into);
  }

  private boolean looksCompressible(ByteBuffer data, ByteBuffer scratch) {
    int length = data.remaining();
    if (length < SAMPLED_BYTES) {
      return true;
    }
    int bytes = 0;
    int step = length / SAMPLES;
    for (int i = 0; i < SAMPLES; i++) {
      bytes += compress(data.slice(data.position() + i * step, SAMPLE_BYTES), scratch);
    }
    return isWorthwhile(bytes, SAMPLES * SAMPLE_BYTES);
  }

  /** A sixteenth at least has to be saved: reading it back costs time. */
  private static boolean isWorthwhile(int bytes, int length) {
    return bytes <= length - length / 16;
  }
}
