package io.everwhen.target.pdu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Collects PDUs in one transmit buffer and sends them with as few writes as the channel allows. A
 * PDU is laid down as header, data, padding and digests side by side, so that a burst of replies is
 * mostly one contiguous run; the data of a long read stays in one piece with its headers beside it,
 * and is interleaved when it is sent. For one thread.
 */
public final class PduWriter {

  /** The largest transmit buffer. */
  public static final int BUFFER_BYTES_MAX = 1 << 20;

  /** The most data that {@link #claim} gives at once; a multiple of every block size. */
  public static final int CLAIM_BYTES_MAX = 256 << 10;

  /** PDUs that wait for one flush, at most. */
  private static final int PDUS_MAX = 2048;

  /** Room beside a header: its digest, padding, data digest. */
  private static final int HEAD_BYTES = BasicHeader.BYTES + Digest.BYTES;

  private static final int TAIL_BYTES = 8;

  private final GatheringByteChannel out;
  private final BasicHeader header = new BasicHeader();
  private final CRC32C crc = new CRC32C();

  private ByteBuffer buffer;
  private ByteBuffer view;
  private ByteBuffer[] runs = new ByteBuffer[0];
  private Digest headerDigest = Digest.NONE;
  private Digest dataDigest = Digest.NONE;
  private int used;

  private int pdus;
  private int[] headAt = new int[16];
  private int[] dataAt = new int[16];
  private int[] dataBytes = new int[16];
  private int[] tailAt = new int[16];

  private int claimedAt;
  private int claimedBytes;
  private int claimedHeadsAt;

  /**
   * @param bufferBytes size of the transmit buffer to start with
   */
  public PduWriter(GatheringByteChannel out, int bufferBytes) {
    this.out = out;
    this.buffer = ByteBuffer.allocateDirect(bufferBytes);
    this.view = buffer.duplicate();
  }

  /** What PDUs carry from the next one on; everything before must have been flushed. */
  public void digests(Digest header, Digest data) {
    if (pdus != 0) {
      throw new IllegalStateException("digests change with " + pdus + " PDUs unsent");
    }
    headerDigest = header;
    dataDigest = data;
  }

  /** Has a smaller transmit buffer from now on, if it is larger and nothing waits to be sent. */
  public void shrink(int bufferBytes) {
    if (pdus == 0 && buffer.capacity() > bufferBytes) {
      buffer = ByteBuffer.allocateDirect(bufferBytes);
      view = buffer.duplicate();
      runs = new ByteBuffer[0];
    }
  }

  /** Whether nothing waits to be sent. */
  public boolean isEmpty() {
    return pdus == 0;
  }

  /** Adds a PDU without data; the caller fills in the header, which starts zeroed. */
  public BasicHeader add(int opcode) throws IOException {
    return add(opcode, view, 0, 0);
  }

  /** Adds a PDU with a copy of the data; the caller fills in the rest of the header. */
  public BasicHeader add(int opcode, ByteBuffer data) throws IOException {
    return add(opcode, data, data.position(), data.remaining());
  }

  private BasicHeader add(int opcode, ByteBuffer data, int from, int length) throws IOException {
    int headBytes = BasicHeader.BYTES + headerDigest.bytes();
    room(headBytes + length + TAIL_BYTES);
    int at = used;
    buffer.put(at + headBytes, data, from, length);
    int tail = at + headBytes + length;
    append(at, at + headBytes, length, tail);
    used = tail + tailBytes(length);
    return header.wrap(buffer, at).zero().opcode(opcode).dataBytes(length);
  }

  /**
   * Room for data of Data-In PDUs, to be filled to its limit and then laid down by {@link #commit},
   * before anything else is added. May flush.
   *
   * @param bytes how much is wanted
   * @param perPdu the longest data segment that the peer takes
   * @return a buffer with {@code bytes} remaining, or {@link #CLAIM_BYTES_MAX} if that is less
   */
  public ByteBuffer claim(int bytes, int perPdu) throws IOException {
    int length = Math.min(bytes, CLAIM_BYTES_MAX);
    int count = (length + perPdu - 1) / perPdu;
    room(Math.multiplyExact(count, HEAD_BYTES + TAIL_BYTES) + length);
    claimedHeadsAt = used;
    // A single PDU lies in one run: header, data, tail. Several keep their headers and tails in
    // front of all the data.
    claimedAt =
        count == 1
            ? used + BasicHeader.BYTES + headerDigest.bytes()
            : used + count * (HEAD_BYTES + TAIL_BYTES);
    claimedBytes = length;
    return view.limit(claimedAt + length).position(claimedAt);
  }

  /** Fills in the headers of committed data. */
  @FunctionalInterface
  public interface DataInHeaders {
    /** Completes the header of one PDU. */
    void fill(BasicHeader header, int dataBytes);
  }

  /**
   * Lays down what was claimed last as Data-In PDUs.
   *
   * @param bytes how much of it, from its start on
   */
  public void commit(int bytes, int perPdu, DataInHeaders headers) throws IOException {
    boolean single = claimedAt - claimedHeadsAt == BasicHeader.BYTES + headerDigest.bytes();
    int head = claimedHeadsAt;
    for (int done = 0; done < bytes; ) {
      int length = Math.min(perPdu, bytes - done);
      int tail = single ? claimedAt + length : head + HEAD_BYTES;
      append(head, claimedAt + done, length, tail);
      headers.fill(
          header.wrap(buffer, head).zero().opcode(Opcode.DATA_IN).dataBytes(length), length);
      head += HEAD_BYTES + TAIL_BYTES;
      done += length;
    }
    used = single ? claimedAt + bytes + tailBytes(bytes) : claimedAt + claimedBytes;
  }

  /** The PDU added last if it has not been sent yet, so that a status can still be put into it. */
  public boolean canAmend(BasicHeader amended) {
    if (pdus == 0) {
      return false;
    }
    amended.wrap(buffer, headAt[pdus - 1]);
    return true;
  }

  private int tailBytes(int length) {
    return PduReader.padded(length) - length + (length > 0 ? dataDigest.bytes() : 0);
  }

  private void append(int head, int data, int length, int tail) {
    if (pdus == headAt.length) {
      int more = pdus * 2;
      headAt = Arrays.copyOf(headAt, more);
      dataAt = Arrays.copyOf(dataAt, more);
      dataBytes = Arrays.copyOf(dataBytes, more);
      tailAt = Arrays.copyOf(tailAt, more);
    }
    headAt[pdus] = head;
    dataAt[pdus] = data;
    dataBytes[pdus] = length;
    tailAt[pdus] = tail;
    pdus++;
  }

  private void room(int bytes) throws IOException {
    if (used + bytes <= buffer.capacity() && pdus < PDUS_MAX) {
      return;
    }
    flush();
    if (bytes > buffer.capacity() || buffer.capacity() < BUFFER_BYTES_MAX) {
      buffer =
          ByteBuffer.allocateDirect(
              Math.max(bytes, Math.min(BUFFER_BYTES_MAX, buffer.capacity() * 4)));
      view = buffer.duplicate();
      runs = new ByteBuffer[0];
    }
  }

  /** Sends everything; blocks as the channel does. */
  public void flush() throws IOException {
    if (pdus == 0) {
      return;
    }
    int count = gather();
    pdus = 0;
    used = 0;
    if (count == 1) {
      ByteBuffer run = runs[0];
      while (run.hasRemaining()) {
        out.write(run);
      }
      return;
    }
    for (int first = 0; first < count; ) {
      out.write(runs, first, count - first);
      while (first < count && !runs[first].hasRemaining()) {
        first++;
      }
    }
  }

  /** Puts the waiting PDUs into {@link #runs}, with neighbours joined. */
  private int gather() {
    int count = 0;
    int start = headAt[0];
    int end = start;
    for (int i = 0; i < pdus; i++) {
      int length = dataBytes[i];
      if (headerDigest != Digest.NONE) {
        int at = headAt[i] + BasicHeader.BYTES;
        buffer.putInt(at, Digest.crc(crc, buffer, headAt[i], BasicHeader.BYTES));
      }
      putTail(i, length);
      for (int part = 0; part < 3; part++) {
        int at = part == 0 ? headAt[i] : part == 1 ? dataAt[i] : tailAt[i];
        int bytes =
            part == 0
                ? BasicHeader.BYTES + headerDigest.bytes()
                : part == 1 ? length : tailBytes(length);
        if (bytes > 0 && at != end) {
          run(count++, start, end);
          start = at;
          end = at;
        }
        end += bytes;
      }
    }
    run(count++, start, end);
    return count;
  }

  private void putTail(int pdu, int length) {
    if (length == 0) {
      return;
    }
    int at = tailAt[pdu];
    int padding = PduReader.padded(length) - length;
    for (int i = 0; i < padding; i++) {
      buffer.put(at + i, (byte) 0);
    }
    if (dataDigest != Digest.NONE) {
      crc.reset();
      crcOver(dataAt[pdu], length);
      crcOver(at, padding);
      buffer.putInt(at + padding, Integer.reverseBytes((int) crc.getValue()));
    }
  }

  private void crcOver(int at, int length) {
    view.limit(at + length).position(at);
    crc.update(view);
  }

  private void run(int index, int start, int end) {
    if (index == runs.length) {
      runs = Arrays.copyOf(runs, Math.max(16, index * 2));
    }
    ByteBuffer run = runs[index];
    if (run == null) {
      run = buffer.duplicate();
      runs[index] = run;
    }
    run.limit(end).position(start);
  }
}
