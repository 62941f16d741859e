package io.everwhen.target.pdu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what a channel delivers into PDUs, in place: header and data are views of one receive
 * buffer, which stay valid until the next {@link #fill}. The buffer starts small and grows with
 * what the peer sends, up to a few of the longest PDUs that it may send, and to {@link
 * #BUFFER_BYTES_MAX}. A long data segment may instead be received where it belongs, by {@link
 * #land}. For one thread.
 */
public final class PduReader {

  /** The largest receive buffer. */
  public static final int BUFFER_BYTES_MAX = 1 << 20;

  /**
   * An incomplete PDU of at most this size is moved to the front rather than left to fragment the
   * buffer.
   */
  private static final int MOVED_BYTES_MAX = 8 << 10;

  /** Data of which less than this is to come goes through the receive buffer. */
  private static final int LANDED_BYTES_MIN = 4 << 10;

  /** How much is read at once where most of what comes is to land: a header, and little else. */
  private static final int FEW_BYTES = 16 << 10;

  private static final int GROWTH = 4;

  /** The longest data segments that the buffer has room for, beyond what one PDU needs. */
  private static final int PDUS_MAX = 4;

  private final ReadableByteChannel in;
  private final BasicHeader header = new BasicHeader();
  private final CRC32C crc = new CRC32C();

  private ByteBuffer buffer;
  private int dataBytesMax;
  private Digest headerDigest = Digest.NONE;
  private Digest dataDigest = Digest.NONE;
  private int unread;
  private int end;
  private int dataAt;
  private int dataBytes;
  private boolean wasFilled;
  private boolean damaged;
  private boolean expectsLanding;

  /** Room for the data of the PDU that comes next, filled up to its position. */
  private @Nullable ByteBuffer landing;

  /** The data of the current PDU, if it is not in the buffer. */
  private @Nullable ByteBuffer landed;

  private volatile int shrinkToBytes;

  /** Finds room for data where it belongs. */
  @FunctionalInterface
  public interface Landing {

    /**
     * Room for the data of a PDU of which not all has come, as long as its data segment; null if it
     * has none. It must stay what it is until that PDU has been taken.
     */
    @Nullable ByteBuffer room(BasicHeader header);
  }

  /**
   * @param bufferBytes size of the receive buffer to start with
   * @param dataBytesMax the longest data segment that the peer may send
   */
  public PduReader(ReadableByteChannel in, int bufferBytes, int dataBytesMax) {
    this.in = in;
    this.buffer = ByteBuffer.allocateDirect(bufferBytes);
    this.dataBytesMax = dataBytesMax;
  }

  /** The longest data segment that the peer may send from now on. */
  public void dataBytesMax(int bytes) {
    dataBytesMax = bytes;
  }

  /** What PDUs carry from the next one on. */
  public void digests(Digest header, Digest data) {
    headerDigest = header;
    dataDigest = data;
  }

  /**
   * Goes to the next PDU that is wholly in the buffer.
   *
   * @return false if there is none: {@link #fill} first
   */
  public boolean next() throws ProtocolException {
    landed = null;
    if (end - unread < BasicHeader.BYTES) {
      return false;
    }
    header.wrap(buffer, unread);
    if (landing != null) {
      return nextLanded(landing);
    }
    int length = pduBytes();
    if (end - unread < length) {
      return false;
    }
    dataAt = unread + checkedHeaderBytes();
    dataBytes = header.dataBytes();
    int padded = padded(dataBytes);
    damaged = false;
    if (dataDigest != Digest.NONE
        && dataBytes > 0
        && buffer.getInt(dataAt + padded) != crcOf(dataAt, padded)) {
      damaged = true;
    }
    unread += length;
    return true;
  }

  private boolean nextLanded(ByteBuffer data) {
    if (data.hasRemaining()) {
      return false;
    }
    landed = data.rewind();
    landing = null;
    dataBytes = data.remaining();
    damaged = false;
    unread += headerBytes();
    return true;
  }

  /** Length of the header whose digest, if it has one, is right. */
  private int checkedHeaderBytes() throws ProtocolException {
    int length = headerBytes();
    if (headerDigest != Digest.NONE) {
      int digestAt = length - Digest.BYTES;
      if (buffer.getInt(unread + digestAt) != crcOf(unread, digestAt)) {
        throw new ProtocolException("header digest error");
      }
    }
    return length;
  }

  private int headerBytes() {
    return BasicHeader.BYTES + header.additionalHeaderBytes() + headerDigest.bytes();
  }

  private int crcOf(int at, int length) {
    return Digest.crc(crc, buffer, at, length);
  }

  /**
   * Length of the PDU whose header starts the unread bytes; checks what the header says before
   * anything relies on it.
   */
  private int pduBytes() throws ProtocolException {
    int data = header.dataBytes();
    if (data > dataBytesMax) {
      throw new ProtocolException(
          "a data segment of " + data + " bytes where " + dataBytesMax + " are allowed");
    }
    return headerBytes() + padded(data) + (data > 0 ? dataDigest.bytes() : 0);
  }

  static int padded(int bytes) {
    return (bytes + 3) & ~3;
  }

  /** The header of the current PDU. */
  public BasicHeader header() {
    return header;
  }

  /** Whether the data segment of the current PDU is not what its digest was made of. */
  public boolean damaged() {
    return damaged;
  }

  /** Bytes in the data segment of the current PDU. */
  public int dataBytes() {
    return dataBytes;
  }

  /**
   * The data segment of the current PDU: a view that must not be used after the next {@link #fill}.
   */
  public ByteBuffer data() {
    ByteBuffer elsewhere = landed;
    return elsewhere == null ? buffer.slice(dataAt, dataBytes) : elsewhere;
  }

  /** Whether the data of the current PDU is where {@link Landing} wanted it. */
  public boolean landed() {
    return landed != null;
  }

  /**
   * Has the data of the PDU that has begun to come, and for which {@link #next} was false, go where
   * it belongs, if there is such a place and enough of it is to come. Data with a digest or padding
   * does not.
   *
   * @param expected whether more of what comes may land, so that little else should be read with it
   */
  public void land(Landing landings, boolean expected) throws ProtocolException {
    expectsLanding = expected;
    if (!expected || landing != null || end - unread < BasicHeader.BYTES) {
      return;
    }
    header.wrap(buffer, unread);
    int length = pduBytes();
    int from = unread + headerBytes();
    int data = header.dataBytes();
    if (from > end
        || unread + length - end < LANDED_BYTES_MIN
        || dataDigest != Digest.NONE
        || padded(data) != data) {
      return;
    }
    checkedHeaderBytes();
    ByteBuffer room = landings.room(header);
    if (room != null) {
      int come = end - from;
      room.put(0, buffer, from, come).position(come);
      end = from;
      landing = room;
    }
  }

  /**
   * Reads once from the channel, as much as there is room for; blocks as the channel does. Every
   * view given out before is void.
   *
   * @return false at the end of the stream
   */
  public boolean fill() throws IOException {
    if (shrinkToBytes > 0) {
      shrink();
    }
    if (landing != null) {
      return in.read(landing) >= 0;
    }
    int needed = makeRoom();
    int limit = buffer.capacity();
    if (expectsLanding) {
      limit = Math.min(limit, Math.max(end + FEW_BYTES, unread + needed));
    }
    buffer.limit(limit).position(end);
    int count = in.read(buffer);
    buffer.clear();
    if (count < 0) {
      return false;
    }
    end += count;
    wasFilled = end == buffer.capacity();
    return true;
  }

  /**
   * Has the receive buffer shrink when everything in it has been taken and more is read. Any thread
   * may call it.
   */
  public void shrinkWhenEmpty(int bufferBytes) {
    shrinkToBytes = bufferBytes;
  }

  private void shrink() {
    if (unread == end && buffer.capacity() > shrinkToBytes) {
      buffer = ByteBuffer.allocateDirect(shrinkToBytes);
      unread = 0;
      end = 0;
      wasFilled = false;
    }
    shrinkToBytes = 0;
  }

  /** Makes room for the PDU that comes next; returns how long it is, as far as that is known. */
  private int makeRoom() throws ProtocolException {
    int pending = end - unread;
    int needed = BasicHeader.BYTES;
    if (pending >= BasicHeader.BYTES) {
      header.wrap(buffer, unread);
      needed = pduBytes();
    }
    int most = Math.min(BUFFER_BYTES_MAX, PDUS_MAX * dataBytesMax);
    if (needed > buffer.capacity() || (wasFilled && buffer.capacity() < most)) {
      int capacity = Math.max(needed, Math.min(most, buffer.capacity() * GROWTH));
      ByteBuffer larger = ByteBuffer.allocateDirect(capacity);
      larger.put(0, buffer, unread, pending);
      buffer = larger;
    } else if (pending > 0 && (pending <= MOVED_BYTES_MAX || unread + needed > buffer.capacity())) {
      buffer.put(0, buffer, unread, pending);
    } else if (pending > 0) {
      return needed;
    }
    unread = 0;
    end = pending;
    return needed;
  }
}
