package io.everwhen.appliance.benchmark;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.nio.ByteBuffer;
import java.util.List;

/** A disk that takes writes and does nothing with them, and reads as the same bytes everywhere. */
final class NullDisk implements BlockDevice {

  private static final int BLOCK_BYTES = 512;

  private final Geometry geometry;
  private final ByteBuffer content = ByteBuffer.allocateDirect(2 << 20);

  NullDisk(long bytes) {
    geometry = new Geometry(BLOCK_BYTES, 4096, bytes / BLOCK_BYTES);
  }

  @Override
  public Geometry geometry() {
    return geometry;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public void read(long block, ByteBuffer into) {
    while (into.hasRemaining()) {
      int length = Math.min(into.remaining(), content.capacity() / 2);
      int at = (int) (block * BLOCK_BYTES % (content.capacity() / 2));
      into.put(into.position(), content, at, length).position(into.position() + length);
    }
  }

  @Override
  public void write(long block, ByteBuffer data) {
    data.position(data.limit());
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) {}

  @Override
  public void settle() {}

  @Override
  public void flush() {}
}
