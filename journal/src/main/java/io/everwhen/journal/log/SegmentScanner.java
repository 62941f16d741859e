package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.io.Zeros;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Walks through the entries of one segment file, checking header and payload checksums, and stops
 * at the first that fails. Whether one entry follows from the other is for the caller to judge. One
 * thread.
 */
final class SegmentScanner {

  private static final int WINDOW_BYTES = 1 << 20;

  private final StorageFile file;
  private final long salt;
  private final long limit;
  private final CRC32C crc = new CRC32C();

  private ByteBuffer window;
  private long windowAt;
  private long next;
  private long position;
  private @Nullable EntryHeader entry;

  /**
   * A scanner that stands before the entry at {@code from}.
   *
   * @param limit the end of the bytes that may hold entries
   */
  SegmentScanner(StorageFile file, SegmentHeader header, long from, long limit) {
    this.file = file;
    this.salt = header.salt();
    this.limit = limit;
    this.next = from;
    this.window = buffer((int) Math.min(WINDOW_BYTES, Math.max(EntryHeader.BYTES, limit - from)));
    this.window.limit(0);
    this.windowAt = from;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Moves to the next entry.
   *
   * @return false when no valid entry begins where the last one ended; {@link #nextPosition} is
   *     there
   */
  boolean advance() throws IOException {
    entry = null;
    if (!load(next, EntryHeader.BYTES)) {
      return false;
    }
    EntryHeader header = EntryHeader.decode(window, (int) (next - windowAt), crc, salt);
    if (header == null || !load(next, header.storedBytes())) {
      return false;
    }
    crc.reset();
    crc.update(payloadAt(header, next));
    if ((int) crc.getValue() != header.payloadChecksum()) {
      return false;
    }
    position = next;
    entry = header;
    next += header.storedBytes();
    return true;
  }

  /** The entry that {@link #advance} has found. */
  EntryHeader entry() {
    if (entry == null) {
      throw new IllegalStateException("there is no entry here");
    }
    return entry;
  }

  /** Where the entry begins. */
  long position() {
    return position;
  }

  /** Where the entry ends, or the first one begins. */
  long nextPosition() {
    return next;
  }

  /** The entry's payload; valid until the next {@link #advance}. */
  ByteBuffer payload() {
    return payloadAt(entry(), position);
  }

  /** The entry's bytes as they are stored, padding included; valid until {@link #advance}. */
  ByteBuffer stored() {
    return window.slice((int) (position - windowAt), (int) entry().storedBytes());
  }

  /**
   * Looks at everything behind the last valid entry.
   *
   * @param lost the sequence of the entry that should have been there
   */
  Rest inspectRest(long lost) throws IOException {
    boolean torn = false;
    for (long at = next; at + EntryHeader.BYTES <= limit && load(at, EntryHeader.BYTES); ) {
      if (at == windowAt && Zeros.only(window, 0, window.limit() & -Long.BYTES)) {
        // All of a segment may be like this: it is made before it is used.
        at += (window.limit() - EntryHeader.BYTES) & -EntryHeader.ALIGNMENT_BYTES;
        at += EntryHeader.ALIGNMENT_BYTES;
        continue;
      }
      EntryHeader header = EntryHeader.decode(window, (int) (at - windowAt), crc, salt);
      if (header != null && header.sequence() >= lost) {
        torn = true;
        if (header.durableSequence() >= lost) {
          return new Rest(true, header);
        }
      }
      at += EntryHeader.ALIGNMENT_BYTES;
    }
    return new Rest(torn, null);
  }

  /**
   * What lies behind the last valid entry of a segment.
   *
   * @param torn whether there are pieces of later entries
   * @param proof an entry made after the lost one was known to be durable: the loss is damage, not
   *     a torn tail
   */
  record Rest(boolean torn, @Nullable EntryHeader proof) {}

  private ByteBuffer payloadAt(EntryHeader header, long at) {
    return window.slice((int) (at - windowAt) + EntryHeader.BYTES, header.payloadLength());
  }

  /** Brings {@code [at, at + length)} into the window; false when the file ends before. */
  private boolean load(long at, long length) throws IOException {
    if (at >= windowAt && at + length <= windowAt + window.limit()) {
      return true;
    }
    if (at + length > limit) {
      return false;
    }
    if (length > window.capacity()) {
      window = buffer((int) length);
    }
    window.clear();
    window.limit((int) Math.min(window.capacity(), limit - at));
    windowAt = at;
    file.read(at, window);
    window.flip();
    return window.limit() >= length;
  }
}
