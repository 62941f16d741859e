package io.everwhen.target.pdu;

import io.everwhen.target.block.Loan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Collects PDUs in one transmit buffer and sends them with as few writes as the channel allows. A
 * PDU is laid down as header, data, padding and digests side by side, so that a burst of replies is
 * mostly one contiguous run; the data of a long read stays in one piece with its headers beside it,
 * and is interleaved when it is sent, and what a disk lends is sent from where it lies. For one
 * thread.
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
  // The data of a PDU, where it is not in the buffer.
  private @Nullable ByteBuffer[] lentData = new ByteBuffer[16];
  private final List<Loan> loans = new ArrayList<>();
  private int lentBytes;

  // What is sent, one piece after the other: of the buffer's runs, and of what is lent.
  private ByteBuffer[] pieces = new ByteBuffer[16];
  private int pieceCount;
  private int runCount;
  private int runStart;
  private int runEnd;

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

  /** Whether data can be sent from where it lies: nothing has to be calculated of it. */
  public boolean borrows() {
    return dataDigest == Digest.NONE;
  }

  /**
   * Lays down what is lent as Data-In PDUs, without a copy; it is given back when they are sent, or
   * when that fails. May flush.
   *
   * @param bytes how much of it, from its start on; at most {@link #CLAIM_BYTES_MAX}
   * @param perPdu the longest data segment that the peer takes
   */
  public void commit(Loan loan, int bytes, int perPdu, DataInHeaders headers) throws IOException {
    int count = (bytes + perPdu - 1) / perPdu;
    try {
      if (lentBytes + bytes > BUFFER_BYTES_MAX) {
        flush();
      }
      room(Math.multiplyExact(count, HEAD_BYTES + TAIL_BYTES));
    } catch (IOException | RuntimeException e) {
      loan.giveBack(true);
      throw e;
    }
    loans.add(loan);
    lentBytes += bytes;
    ByteBuffer content = loan.content();
    for (int done = 0; done < bytes; ) {
      int length = Math.min(perPdu, bytes - done);
      int head = used;
      append(head, head + HEAD_BYTES, length, head + HEAD_BYTES);
      lentData[pdus - 1] = length == content.limit() ? content : content.slice(done, length);
      headers.fill(
          header.wrap(buffer, head).zero().opcode(Opcode.DATA_IN).dataBytes(length), length);
      used += HEAD_BYTES + TAIL_BYTES;
      done += length;
    }
  }

  /** Sends everything if something of it is lent; blocks as the channel does. */
  public void giveBack() throws IOException {
    if (!loans.isEmpty()) {
      flush();
    }
  }

  /** Sends nothing of what waits, and gives back what is lent. */
  public void drop() {
    sent(true);
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
      lentData = Arrays.copyOf(lentData, more);
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
    boolean done = false;
    try {
      gather();
      send();
      done = true;
    } catch (IllegalStateException e) {
      throw new IOException("what was to be sent is not there any more", e);
    } finally {
      sent(done);
    }
  }

  private void send() throws IOException {
    if (pieceCount == 1) {
      ByteBuffer only = pieces[0];
      while (only.hasRemaining()) {
        out.write(only);
      }
      return;
    }
    for (int first = 0; first < pieceCount; ) {
      out.write(pieces, first, pieceCount - first);
      while (first < pieceCount && !pieces[first].hasRemaining()) {
        first++;
      }
    }
  }

  private void sent(boolean done) {
    if (!loans.isEmpty()) {
      for (Loan loan : loans) {
        loan.giveBack(done);
      }
      loans.clear();
      Arrays.fill(lentData, 0, pdus, null);
      Arrays.fill(pieces, 0, pieceCount, null);
      lentBytes = 0;
    }
    pdus = 0;
    used = 0;
  }

  /** Puts the waiting PDUs into {@link #pieces}, with neighbours in the buffer joined. */
  private void gather() {
    pieceCount = 0;
    runCount = 0;
    runStart = headAt[0];
    runEnd = runStart;
    int headBytes = BasicHeader.BYTES + headerDigest.bytes();
    for (int i = 0; i < pdus; i++) {
      int length = dataBytes[i];
      if (headerDigest != Digest.NONE) {
        int at = headAt[i] + BasicHeader.BYTES;
        buffer.putInt(at, Digest.crc(crc, buffer, headAt[i], BasicHeader.BYTES));
      }
      putTail(i, length);
      add(headAt[i], headBytes);
      ByteBuffer lent = lentData[i];
      if (lent == null) {
        add(dataAt[i], length);
      } else {
        endRun();
        addPiece(lent);
      }
      add(tailAt[i], tailBytes(length));
    }
    endRun();
  }

  private void add(int at, int bytes) {
    if (bytes > 0) {
      if (at != runEnd) {
        endRun();
        runStart = at;
      }
      runEnd = at + bytes;
    }
  }

  private void endRun() {
    if (runEnd > runStart) {
      if (runCount == runs.length) {
        runs = Arrays.copyOf(runs, Math.max(16, runCount * 2));
      }
      ByteBuffer run = runs[runCount];
      if (run == null) {
        run = buffer.duplicate();
        runs[runCount] = run;
      }
      runCount++;
      addPiece(run.limit(runEnd).position(runStart));
    }
    runStart = runEnd;
  }

  private void addPiece(ByteBuffer piece) {
    if (pieceCount == pieces.length) {
      pieces = Arrays.copyOf(pieces, pieceCount * 2);
    }
    pieces[pieceCount++] = piece;
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
}
