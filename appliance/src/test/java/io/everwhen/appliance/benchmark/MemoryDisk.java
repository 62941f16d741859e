package io.everwhen.appliance.benchmark;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import io.everwhen.target.block.Loan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Memory as large as the disk: what a disk behind this iSCSI can do at best whose content is not in
 * the processor's cache, as that of a {@link NullDisk} is.
 */
final class MemoryDisk implements BlockDevice {

  private static final int BLOCK_BYTES = 512;

  private final Geometry geometry;
  private final MemorySegment content;

  MemoryDisk(long bytes) {
    geometry = new Geometry(BLOCK_BYTES, 4096, bytes / BLOCK_BYTES);
    content = Arena.global().allocate(bytes);
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
    into.put(at(block, into.remaining()).asByteBuffer());
  }

  @Override
  public Loan lend(long block, int bytes) {
    ByteBuffer lent = at(block, bytes).asByteBuffer();
    return new Loan() {
      @Override
      public ByteBuffer content() {
        return lent;
      }

      @Override
      public void giveBack(boolean used) {}
    };
  }

  @Override
  public void write(long block, ByteBuffer data) {
    at(block, data.remaining()).asByteBuffer().put(data);
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) {
    for (Extent extent : extents) {
      at(extent.block(), extent.count() * BLOCK_BYTES).fill((byte) 0);
    }
  }

  private MemorySegment at(long block, long bytes) {
    return content.asSlice(block * BLOCK_BYTES, bytes);
  }

  @Override
  public void settle() {}

  @Override
  public void flush() {}
}
