package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import io.everwhen.target.block.Loan;
import io.everwhen.target.block.Run;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Another disk, whose tokens learn of each change before it is made. */
final class WatchedDisk implements BlockDevice {

  private final BlockDevice disk;
  private final RodTokens tokens;

  WatchedDisk(BlockDevice disk, RodTokens tokens) {
    this.disk = disk;
    this.tokens = tokens;
  }

  @Override
  public Geometry geometry() {
    return disk.geometry();
  }

  @Override
  public boolean readOnly() {
    return disk.readOnly();
  }

  @Override
  public boolean writeThrough() {
    return disk.writeThrough();
  }

  @Override
  public boolean removable() {
    return disk.removable();
  }

  @Override
  public boolean encrypted() {
    return disk.encrypted();
  }

  @Override
  public void eraseKey() throws IOException {
    tokens.changing(0, Long.MAX_VALUE);
    disk.eraseKey();
  }

  @Override
  public boolean takesMarks() {
    return disk.takesMarks();
  }

  @Override
  public void mark(String name) throws IOException {
    disk.mark(name);
  }

  @Override
  public void read(long block, ByteBuffer into) throws IOException {
    disk.read(block, into);
  }

  @Override
  public @Nullable Loan lend(long block, int bytes) throws IOException {
    return disk.lend(block, bytes);
  }

  @Override
  public Run run(long block) throws IOException {
    return disk.run(block);
  }

  @Override
  public void write(long block, ByteBuffer data) throws IOException {
    tokens.changing(block, data.remaining() / disk.geometry().blockSize());
    disk.write(block, data);
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) throws IOException {
    for (Extent extent : extents) {
      tokens.changing(extent.block(), extent.count());
    }
    disk.zero(extents, deallocate);
  }

  @Override
  public void settle() throws IOException {
    disk.settle();
  }

  @Override
  public void flush() throws IOException {
    disk.flush();
  }

  @Override
  public void expectFlush() throws IOException {
    disk.expectFlush();
  }
}
