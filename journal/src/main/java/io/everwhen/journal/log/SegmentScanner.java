package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.io.PageBuffers;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.io.Zeros;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Walks through the entries of one segment file, checking header and payload checksums, and stops
 * at the first that fails. Whether one entry follows from the other is for the caller to judge. Of
 * use only until a read fails. One thread.
 *
 * <p>Each byte is read once, in windows of whole pages; what of one is left when the next is read
 * moves to its beginning.
 */
final class SegmentScanner {

  /** Stays in the processor's cache from being read to being checked and hashed. */
  static final int WINDOW_BYTES = 256 << 10;

  private static final int PAGE_BYTES = PageBuffers.PAGE_BYTES;

  private final StorageFile file;
  private final long salt;
  private final long limit;
  private final CRC32C crc = new CRC32C();
  private final @Nullable MessageDigest digest;

  private ByteBuffer window;
  private long windowAt;
  private long hashed;
  private long next;
  private long position;
  private @Nullable EntryHeader entry;

  /**
   * A scanner that stands before the entry at {@code from}.
   *
   * @param limit the end of the bytes that may hold entries
   */
  SegmentScanner(StorageFile file, SegmentHeader header, long from, long limit) {
    this(file, header, from, limit, window(limit - (from & -PAGE_BYTES)), null);
  }

  private SegmentScanner(
      StorageFile file,
      SegmentHeader header,
      long from,
      long limit,
      ByteBuffer window,
      @Nullable MessageDigest digest) {
    this.file = file;
    this.salt = header.salt();
    this.limit = limit;
    this.next = from;
    this.window = window.limit(0);
    this.digest = digest;
  }

  /**
   * A scanner that stands before the first entry, and hashes all that it goes past.
   *
   * @param window from {@link #window(long)}, for this one to use as long as it is used; not more
   *     than for entries that are longer
   */
  static SegmentScanner hashing(
      StorageFile file, SegmentHeader header, long limit, ByteBuffer window) throws IOException {
    SegmentScanner scanner =
        new SegmentScanner(file, header, SegmentHeader.BYTES, limit, window, SegmentIndex.sha256());
    scanner.load(0, SegmentHeader.BYTES);
    return scanner;
  }

  /** A window for so many bytes, if it takes no more. */
  static ByteBuffer window(long bytes) {
    return buffer(Math.clamp(bytes, PAGE_BYTES, WINDOW_BYTES));
  }

  private static ByteBuffer buffer(int bytes) {
    return PageBuffers.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
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
    long looked = -1;
    for (long at = next; at + EntryHeader.BYTES <= limit && load(at, EntryHeader.BYTES); ) {
      int from = (int) (at - windowAt);
      if (looked != windowAt) {
        looked = windowAt;
        if (Zeros.only(window, from, window.limit() & -Long.BYTES)) {
          // All of a segment may be like this: it is made before it is used.
          at += (window.limit() - from - EntryHeader.BYTES) & -EntryHeader.ALIGNMENT_BYTES;
          at += EntryHeader.ALIGNMENT_BYTES;
          continue;
        }
      }
      EntryHeader header = EntryHeader.decode(window, from, crc, salt);
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

  /**
   * SHA-256 of the file from its beginning to {@link #nextPosition}; once, and then the walk is
   * over.
   */
  byte[] contentHash() {
    if (digest == null) {
      throw new IllegalStateException("this scanner does not hash");
    }
    hash(next);
    return digest.digest();
  }

  /** Hashes what the window holds before {@code end}. */
  private void hash(long end) {
    if (digest != null && end > hashed) {
      digest.update(window.slice((int) (hashed - windowAt), (int) (end - hashed)));
      hashed = end;
    }
  }

  /** Brings {@code [at, at + length)} into the window; false when the file ends before. */
  private boolean load(long at, long length) throws IOException {
    long end = windowAt + window.limit();
    if (at >= windowAt && at + length <= end) {
      return true;
    }
    if (at + length > limit) {
      return false;
    }
    hash(Math.min(next, end));
    ByteBuffer last = window;
    long start = at & -PAGE_BYTES;
    if (at - start + length > last.capacity()) {
      window = buffer((int) ((length + 2 * PAGE_BYTES - 1) & -PAGE_BYTES));
    }
    window.clear();
    if (start >= windowAt && start < end) {
      int kept = (int) (end - start);
      window.put(0, last, (int) (start - windowAt), kept).position(kept);
    }
    window.limit((int) Math.min(window.capacity(), limit - start));
    windowAt = start;
    file.read(start + window.position(), window);
    window.flip();
    return window.limit() >= at - start + length;
  }
}
