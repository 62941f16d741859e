package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.io.PageBuffers;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.payload.PayloadEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Entries of one segment that are staged, to be written with one gathered write. Fixed arrays, used
 * over and over.
 *
 * <p>Guarded by the appender's lock while it is staged into; owned by one thread while it is
 * written.
 */
final class Batch {

  /**
   * Linux takes at most 1024 buffers in one gathered write: a header, a payload and its padding
   * each, and what fills the last page.
   */
  static final int MAX_ENTRIES = 340;

  static final long MAX_BYTES = 32L << 20;

  private static final ByteBuffer PADDING =
      ByteBuffer.allocateDirect(EntryHeader.ALIGNMENT_BYTES).asReadOnlyBuffer();

  private final ByteBuffer headers =
      ByteBuffer.allocateDirect(MAX_ENTRIES * EntryHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  // Each made when it is first needed, and kept.
  private final @Nullable ByteBuffer[] headerOf = new ByteBuffer[MAX_ENTRIES];
  private final @Nullable ByteBuffer[] paddingOf = new ByteBuffer[MAX_ENTRIES];
  private final ByteBuffer[] gathered = new ByteBuffer[3 * MAX_ENTRIES + 1];
  private int gatheredCount;
  private final ByteBuffer restOfPage = Zeros.some(PageBuffers.PAGE_BYTES);

  private final EntryKind[] kinds = new EntryKind[MAX_ENTRIES];
  private final int[] disks = new int[MAX_ENTRIES];
  private final long[] offsets = new long[MAX_ENTRIES];
  private final long[] lengths = new long[MAX_ENTRIES];
  private final int[] payloadLengths = new int[MAX_ENTRIES];
  private final int[] encodings = new int[MAX_ENTRIES];
  // Where each entry's payload is in what is gathered, and where it began when it was staged.
  private final int[] payloadAt = new int[MAX_ENTRIES];
  private final int[] payloadStarts = new int[MAX_ENTRIES];
  private final long[] places = new long[MAX_ENTRIES];
  private int entries;

  private long bytes;
  private long lastSequence;

  /** The buffer in which the next entry's header is to be encoded, at {@link #nextHeaderAt}. */
  ByteBuffer headers() {
    return headers;
  }

  int nextHeaderAt() {
    return entries * EntryHeader.BYTES;
  }

  boolean hasRoomFor(int moreEntries, long moreBytes) {
    return entries + moreEntries <= MAX_ENTRIES && (entries == 0 || bytes + moreBytes <= MAX_BYTES);
  }

  boolean isEmpty() {
    return entries == 0;
  }

  /** Takes up an entry whose header was just encoded. */
  void add(
      EntryKind kind,
      int encoding,
      int disk,
      long offset,
      long length,
      ByteBuffer payload,
      long sequence,
      long place) {
    int payloadLength = payload.remaining();
    kinds[entries] = kind;
    encodings[entries] = encoding;
    disks[entries] = disk;
    offsets[entries] = offset;
    lengths[entries] = length;
    payloadLengths[entries] = payloadLength;
    places[entries] = place;
    gathered[gatheredCount++] = headerOf(entries).clear();
    if (payloadLength > 0) {
      payloadAt[entries] = gatheredCount;
      payloadStarts[entries] = payload.position();
      gathered[gatheredCount++] = payload;
      int padding = -payloadLength & (EntryHeader.ALIGNMENT_BYTES - 1);
      if (padding > 0) {
        gathered[gatheredCount++] = paddingOf(entries).clear().limit(padding);
      }
    }
    bytes += EntryHeader.storedBytes(payloadLength);
    lastSequence = sequence;
    entries++;
  }

  private ByteBuffer headerOf(int entry) {
    ByteBuffer header = headerOf[entry];
    if (header == null) {
      header = headers.slice(entry * EntryHeader.BYTES, EntryHeader.BYTES);
      headerOf[entry] = header;
    }
    return header;
  }

  private ByteBuffer paddingOf(int entry) {
    ByteBuffer padding = paddingOf[entry];
    if (padding == null) {
      padding = PADDING.duplicate();
      paddingOf[entry] = padding;
    }
    return padding;
  }

  long lastSequence() {
    return lastSequence;
  }

  /**
   * Writes them, and zeros up to the end of the last page. A file that is used again has been
   * written and is not in memory: of a page that is written in part the system would first read the
   * rest from the medium, for each write.
   */
  void writeTo(Segment segment) throws IOException {
    checkPayloads();
    int count = gatheredCount;
    long end = places[0] + bytes;
    int rest = (int) Math.min(-end & (PageBuffers.PAGE_BYTES - 1), segment.capacityBytes() - end);
    if (rest > 0) {
      gathered[count++] = restOfPage.clear().limit(rest);
    }
    segment.file().write(places[0], gathered, count);
  }

  /**
   * The payloads are gathered through their owners' buffers. One that would give other bytes than
   * its header declares would shift or tear everything behind it; so nothing is written then.
   */
  private void checkPayloads() throws IOException {
    // Each is consumed in turn, so that one that was staged twice is not where it was staged.
    for (int i = 0; i < entries; i++) {
      if (payloadLengths[i] > 0) {
        ByteBuffer payload = gathered[payloadAt[i]];
        if (payload.position() != payloadStarts[i] || payload.remaining() != payloadLengths[i]) {
          throw new IOException(
              "the buffer of entry %d was changed between staging and settling: it holds %d bytes from %d, not %d from %d"
                  .formatted(
                      lastSequence - entries + 1 + i,
                      payload.remaining(),
                      payload.position(),
                      payloadLengths[i],
                      payloadStarts[i]));
        }
        payload.position(payload.limit());
      }
    }
    for (int i = 0; i < entries; i++) {
      if (payloadLengths[i] > 0) {
        gathered[payloadAt[i]].position(payloadStarts[i]);
      }
    }
  }

  void tell(EntryListener listener, Segment segment) {
    long first = lastSequence - entries + 1;
    for (int i = 0; i < entries; i++) {
      listener.written(
          kinds[i],
          disks[i],
          offsets[i],
          lengths[i],
          payloadLengths[i],
          encodings[i] != 0,
          first + i,
          segment,
          places[i]);
    }
  }

  /** Whether a staged change of this disk's content overlaps {@code [offset, offset + length)}. */
  boolean changes(int disk, long offset, long length) {
    for (int i = 0; i < entries; i++) {
      if (disks[i] == disk
          && kinds[i].changesContent()
          && offsets[i] < offset + length
          && offset < offsets[i] + lengths[i]) {
        return true;
      }
    }
    return false;
  }

  /**
   * Forgets everything.
   *
   * @param encoder gets back the buffers of encoded payloads
   */
  void clear(@Nullable PayloadEncoder encoder) {
    for (int i = 0; encoder != null && i < entries; i++) {
      if (encodings[i] != 0) {
        encoder.release(gathered[payloadAt[i]]);
      }
    }
    java.util.Arrays.fill(gathered, 0, gatheredCount, PADDING);
    gatheredCount = 0;
    entries = 0;
    bytes = 0;
  }
}
