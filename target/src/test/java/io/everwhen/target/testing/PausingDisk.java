package io.everwhen.target.testing;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A disk whose next write goes on only when it is told to. */
public final class PausingDisk implements BlockDevice {

  private final BlockDevice disk;
  private final AtomicInteger passing = new AtomicInteger();
  private volatile boolean pauses;
  private volatile CountDownLatch begun = new CountDownLatch(1);
  private volatile CountDownLatch released = new CountDownLatch(1);

  public PausingDisk(BlockDevice disk) {
    this.disk = disk;
  }

  /** The next write will wait. */
  public void pause() {
    pauseAfter(0);
  }

  /** The next write after so many will wait. */
  public void pauseAfter(int writes) {
    passing.set(writes);
    begun = new CountDownLatch(1);
    released = new CountDownLatch(1);
    pauses = true;
  }

  /** Returns once a write waits. */
  public void awaitWrite() throws InterruptedException {
    begun.await();
  }

  /** The write that waits goes on. */
  public void release() {
    pauses = false;
    released.countDown();
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
  public void read(long block, ByteBuffer into) throws IOException {
    disk.read(block, into);
  }

  @Override
  public void write(long block, ByteBuffer data) throws IOException {
    if (pauses && passing.getAndDecrement() <= 0) {
      begun.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
    }
    disk.write(block, data);
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) throws IOException {
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
}
