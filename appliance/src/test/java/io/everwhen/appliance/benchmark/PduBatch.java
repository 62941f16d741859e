package io.everwhen.appliance.benchmark;

import io.everwhen.target.pdu.BasicHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.Arrays;

/**
 * PDUs that are sent together by one gathered write. Headers lie side by side; data stays where it
 * is, in one buffer that everything to be sent lies in, and must not change before {@link #flush}
 * returns. Without digests; data has a multiple of four bytes. Allocates nothing. For one thread.
 */
final class PduBatch {

  /** PDUs of one write: each has two pieces, and the system takes 1024. */
  private static final int PDUS_MAX = 512;

  private final GatheringByteChannel out;
  private final ByteBuffer heads = ByteBuffer.allocateDirect(PDUS_MAX * BasicHeader.BYTES);
  private final ByteBuffer[] headViews = new ByteBuffer[PDUS_MAX];
  private final ByteBuffer[] dataViews = new ByteBuffer[PDUS_MAX];
  private final ByteBuffer[] runs = new ByteBuffer[2 * PDUS_MAX];
  private final BasicHeader header = new BasicHeader();
  private int pdus;
  private int count;
  private boolean endsWithHead;

  PduBatch(GatheringByteChannel out, ByteBuffer data) {
    this.out = out;
    Arrays.setAll(headViews, i -> heads.duplicate());
    Arrays.setAll(dataViews, i -> data.duplicate());
  }

  /** Adds a PDU without data; the caller fills in the rest of the header at once. */
  BasicHeader add(int opcode) throws IOException {
    return add(opcode, 0, 0);
  }

  /** Adds a PDU with {@code length} bytes of the data from {@code from} on. */
  BasicHeader add(int opcode, int from, int length) throws IOException {
    if (pdus == PDUS_MAX) {
      flush();
    }
    int at = pdus * BasicHeader.BYTES;
    for (int i = 0; i < BasicHeader.BYTES; i += Long.BYTES) {
      heads.putLong(at + i, 0);
    }
    if (endsWithHead) {
      runs[count - 1].limit(at + BasicHeader.BYTES);
    } else {
      runs[count++] = headViews[pdus].limit(at + BasicHeader.BYTES).position(at);
    }
    if (length > 0) {
      runs[count++] = dataViews[pdus].limit(from + length).position(from);
    }
    endsWithHead = length == 0;
    pdus++;
    return header.wrap(heads, at).opcode(opcode).byteAt(5, length >>> 16).shortAt(6, length);
  }

  /** Sends everything; blocks as the channel does. */
  void flush() throws IOException {
    for (int first = 0; first < count; ) {
      out.write(runs, first, count - first);
      while (first < count && !runs[first].hasRemaining()) {
        first++;
      }
    }
    pdus = 0;
    count = 0;
    endsWithHead = false;
  }
}
