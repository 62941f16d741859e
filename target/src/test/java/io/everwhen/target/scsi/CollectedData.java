package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/** Collects what a command returns, for an initiator that takes everything, 4 KiB at a time. */
final class CollectedData implements DataIn {

  private static final int CLAIM_BYTES_MAX = 4096;

  private final ByteBuffer data = ByteBuffer.allocate(1 << 20);
  private int claimed;

  ByteBuffer data() {
    return data.slice(0, data.position());
  }

  @Override
  public long begin(long bytes) {
    return bytes;
  }

  @Override
  public ByteBuffer claim(long bytes) {
    claimed = (int) Math.min(bytes, CLAIM_BYTES_MAX);
    return data.slice(data.position(), claimed);
  }

  @Override
  public void commit() {
    data.position(data.position() + claimed);
  }
}
