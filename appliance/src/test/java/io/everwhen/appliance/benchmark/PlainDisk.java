package io.everwhen.appliance.benchmark;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A file: what Everwhen's disk would be without a journal. */
final class PlainDisk implements BlockDevice {

  private static final int BLOCK_BYTES = 512;

  private final FileChannel file;
  private final Geometry geometry;
  private final ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);

  /** Makes the file, of which nothing is allocated yet. */
  PlainDisk(Path path, long bytes) throws IOException {
    file =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
    writeAll(bytes - 1, ByteBuffer.allocate(1));
    geometry = new Geometry(BLOCK_BYTES, 4096, bytes / BLOCK_BYTES);
  }

  private void writeAll(long position, ByteBuffer data) throws IOException {
    for (long at = position; data.hasRemaining(); ) {
      at += file.write(data, at);
    }
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
  public void read(long block, ByteBuffer into) throws IOException {
    for (long at = block * BLOCK_BYTES; into.hasRemaining(); ) {
      int length = file.read(into, at);
      if (length < 0) {
        throw new IOException("the file ends at " + at);
      }
      at += length;
    }
  }

  @Override
  public void write(long block, ByteBuffer data) throws IOException {
    writeAll(block * BLOCK_BYTES, data);
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) throws IOException {
    for (Extent extent : extents) {
      long end = (extent.block() + extent.count()) * BLOCK_BYTES;
      for (long at = extent.block() * BLOCK_BYTES; at < end; at += zeros.capacity()) {
        int length = (int) Math.min(zeros.capacity(), end - at);
        writeAll(at, zeros.duplicate().clear().limit(length));
      }
    }
  }

  /** What is written is with the operating system already. */
  @Override
  public void settle() {}

  @Override
  public void flush() throws IOException {
    file.force(false);
  }
}
