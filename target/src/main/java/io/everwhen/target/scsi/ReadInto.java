package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/** Takes what a command returns into a buffer, from its position on. For one command. */
final class ReadInto implements DataIn {

  private final ByteBuffer buffer;
  private int claimed;

  ReadInto(ByteBuffer buffer) {
    this.buffer = buffer;
  }

  @Override
  public long begin(long bytes) {
    return Math.min(bytes, buffer.remaining());
  }

  @Override
  public ByteBuffer claim(long bytes) {
    claimed = (int) Math.min(bytes, buffer.remaining());
    return buffer.slice(buffer.position(), claimed);
  }

  @Override
  public void commit() {
    buffer.position(buffer.position() + claimed);
  }
}
