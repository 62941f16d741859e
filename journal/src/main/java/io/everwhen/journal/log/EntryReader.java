package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.PageBuffers;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.payload.Keyring;
import io.everwhen.journal.payload.PayloadDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads single entries by their place, whole and checked. Keeps the last one, so that pieces of a
 * large entry that are asked for one after the other cost one read. One thread.
 */
public final class EntryReader {

  private static final int LEAST_BYTES = 4096;

  private final CRC32C crc = new CRC32C();
  private final @Nullable Keyring keys;
  private PayloadDecoder decoder;
  private ByteBuffer buffer = buffer(LEAST_BYTES);
  private @Nullable StorageFile loadedFile;
  private long loadedPlace;
  private @Nullable EntryHeader entry;
  private @Nullable ByteBuffer content;

  /**
   * A reader.
   *
   * @param keys of the group; null when nothing is encrypted, or nobody asks for what is
   */
  public EntryReader(@Nullable Keyring keys) {
    this.keys = keys;
    this.decoder = new PayloadDecoder(keys);
  }

  /**
   * Reads the entry at {@code place}.
   *
   * @param extentBytes about how long its extent is; what is wrong costs a second read
   * @throws DamageException when there is no valid entry, or another than {@code sequence}
   */
  public EntryHeader read(
      StorageFile file, SegmentHeader segment, long place, long sequence, long extentBytes)
      throws IOException {
    EntryHeader loaded = entry;
    if (loaded != null
        && file.equals(loadedFile)
        && place == loadedPlace
        && loaded.sequence() == sequence) {
      return loaded;
    }
    entry = null;
    content = null;
    long likely =
        EntryHeader.storedBytes((int) Math.min(extentBytes, EntryHeader.MAX_PAYLOAD_BYTES));
    fill(file, place, (int) Math.max(likely, LEAST_BYTES));
    EntryHeader header =
        buffer.limit() < EntryHeader.BYTES
            ? null
            : EntryHeader.decode(buffer, 0, crc, segment.salt());
    if (header == null || header.sequence() != sequence) {
      throw damaged(file, place, sequence);
    }
    if (header.storedBytes() > buffer.limit()) {
      fill(file, place, (int) header.storedBytes());
    }
    if (buffer.limit() < EntryHeader.BYTES + header.payloadLength()) {
      throw damaged(file, place, sequence);
    }
    int end = buffer.limit();
    crc.reset();
    crc.update(
        buffer.limit(EntryHeader.BYTES + header.payloadLength()).position(EntryHeader.BYTES));
    buffer.limit(end).position(0);
    if ((int) crc.getValue() != header.payloadChecksum()) {
      throw damaged(file, place, sequence);
    }
    loadedFile = file;
    loadedPlace = place;
    entry = header;
    return header;
  }

  /**
   * The payload of the entry that was read last, decoded; valid until the next {@link #read}.
   *
   * @throws DamageException when it cannot be decoded
   */
  public ByteBuffer payload() throws IOException {
    EntryHeader loaded = entry;
    if (loaded == null) {
      throw new IllegalStateException("no entry was read");
    }
    ByteBuffer known = content;
    if (known == null) {
      try {
        known = decoder.decode(loaded, buffer.slice(EntryHeader.BYTES, loaded.payloadLength()));
      } catch (FormatException e) {
        throw damaged(Objects.requireNonNull(loadedFile), loadedPlace, loaded.sequence(), e);
      }
      content = known;
    }
    return known;
  }

  /**
   * Gives up what it keeps of the entries that it has read, if that is more than {@code bytes} of
   * memory; the last one is read again when it is asked for.
   */
  public void keepAtMost(long bytes) {
    if (buffer.capacity() + decoder.heldBytes() > bytes) {
      entry = null;
      content = null;
      loadedFile = null;
      decoder = new PayloadDecoder(keys);
      buffer = buffer(LEAST_BYTES);
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return PageBuffers.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void fill(StorageFile file, long place, int bytes) throws IOException {
    if (buffer.capacity() < bytes) {
      buffer = buffer(bytes);
    }
    buffer.clear().limit(bytes);
    file.read(place, buffer);
    buffer.flip();
  }

  private static DamageException damaged(StorageFile file, long place, long sequence) {
    return damaged(file, place, sequence, null);
  }

  private static DamageException damaged(
      StorageFile file, long place, long sequence, @Nullable FormatException cause) {
    return new DamageException(
        "%s is damaged: entry %d at byte %d is not what was written%s"
            .formatted(
                file.describe(), sequence, place, cause == null ? "" : ": " + cause.getMessage()),
        cause);
  }
}
