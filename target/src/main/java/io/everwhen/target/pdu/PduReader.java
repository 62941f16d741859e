package io.everwhen.target.pdu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.zip.CRC32C;

/**
 * Cuts what a channel delivers into PDUs, in place: header and data are views of one receive
 * buffer, which stay valid until the next {@link #fill}. The buffer starts small and grows with
 * what the peer sends, up to a few of the longest PDUs that it may send, and to {@link
 * #BUFFER_BYTES_MAX}. For one thread.
 */
public final class PduReader {

  /** The largest receive buffer. */
  public static final int BUFFER_BYTES_MAX = 1 << 20;

  /**
   * An incomplete PDU of at most this size is moved to the front rather than left to fragment the
   * buffer.
   */
  private static final int MOVED_BYTES_MAX = 8 << 10;

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
  private volatile int shrinkToBytes;

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
    if (end - unread < BasicHeader.BYTES) {
      return false;
    }
    header.wrap(buffer, unread);
    int length = pduBytes();
    if (end - unread < length) {
      return false;
    }
    int headerBytes = BasicHeader.BYTES + header.additionalHeaderBytes();
    dataAt = unread + headerBytes + headerDigest.bytes();
    dataBytes = header.dataBytes();
    if (headerDigest != Digest.NONE
        && buffer.getInt(dataAt - Digest.BYTES) != crcOf(unread, headerBytes)) {
      throw new ProtocolException("header digest error");
    }
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
    return BasicHeader.BYTES
        + header.additionalHeaderBytes()
        + headerDigest.bytes()
        + padded(data)
        + (data > 0 ? dataDigest.bytes() : 0);
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
    return buffer.slice(dataAt, dataBytes);
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
    makeRoom();
    buffer.limit(buffer.capacity()).position(end);
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

  private void makeRoom() throws ProtocolException {
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
      return;
    }
    unread = 0;
    end = pending;
  }
}
