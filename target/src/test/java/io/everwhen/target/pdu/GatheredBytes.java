package io.everwhen.target.pdu;

import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;

/** Keeps all that is written, and counts the writes; takes at most a bit at once, as sockets do. */
class GatheredBytes implements GatheringByteChannel {

  private static final int TAKEN_MAX = 100_000;

  private final ByteBuffer bytes = ByteBuffer.allocate(4 << 20);
  private int writes;

  ByteBuffer bytes() {
    return bytes.slice(0, bytes.position());
  }

  int writes() {
    return writes;
  }

  @Override
  public int write(ByteBuffer from) {
    return (int) write(new ByteBuffer[] {from}, 0, 1);
  }

  @Override
  public long write(ByteBuffer[] from) {
    return write(from, 0, from.length);
  }

  @Override
  public long write(ByteBuffer[] from, int offset, int length) {
    writes++;
    int start = bytes.position();
    for (int i = offset; i < offset + length; i++) {
      while (from[i].hasRemaining() && bytes.position() - start < TAKEN_MAX) {
        bytes.put(from[i].get());
      }
    }
    int taken = bytes.position() - start;
    return taken;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}
