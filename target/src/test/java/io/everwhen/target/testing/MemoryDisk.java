package io.everwhen.target.testing;

import io.everwhen.target.block.BlockDevice;
import io.everwhen.target.block.DeviceException;
import io.everwhen.target.block.Extent;
import io.everwhen.target.block.Geometry;
import io.everwhen.target.block.Loan;
import io.everwhen.target.block.Run;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A disk in memory, which can be told to fail. */
public final class MemoryDisk implements BlockDevice {

  private volatile Geometry geometry;
  private final ByteBuffer content;

  /** The blocks that hold data. Guarded by itself. */
  private final BitSet mapped = new BitSet();

  private volatile boolean readOnly;
  private volatile boolean writeThrough;
  private volatile boolean removable;
  private volatile DeviceException.@Nullable Reason failWrites;
  private volatile DeviceException.@Nullable Reason failSettles;
  private volatile DeviceException.@Nullable Reason failReads;
  private volatile CountDownLatch held = new CountDownLatch(0);
  private final AtomicLong changes = new AtomicLong();
  private final AtomicLong lends = new AtomicLong();
  private final AtomicLong onLoan = new AtomicLong();
  private final List<String> marks = new CopyOnWriteArrayList<>();
  private volatile int changeMillis;
  private volatile boolean broken;
  private volatile long flushes;
  private volatile long expectedFlushes;

  /** A disk of 512-byte blocks. */
  public MemoryDisk(int bytes) {
    this(new Geometry(512, 4096, bytes / 512));
  }

  public MemoryDisk(Geometry geometry) {
    this.geometry = geometry;
    this.content = ByteBuffer.allocateDirect(Math.toIntExact(geometry.byteCount()));
  }

  /** Has another shape from now on; not a larger one than the first. */
  public void geometry(Geometry value) {
    geometry = value;
  }

  /** Refuses changes from now on, or takes them again. */
  public void readOnly(boolean value) {
    readOnly = value;
  }

  /** Says from now on that it has no volatile write cache, or that it has. */
  public void writeThrough(boolean value) {
    writeThrough = value;
  }

  /** Says from now on that it can be ejected, or not. */
  public void removable(boolean value) {
    removable = value;
  }

  /** Writes fail from now on; null heals them. */
  public void failWrites(DeviceException.@Nullable Reason reason) {
    failWrites = reason;
  }

  /** The names that instants were given. */
  public List<String> marks() {
    return marks;
  }

  /** How many changes there were. */
  public long changes() {
    return changes.get();
  }

  /** Each change takes so long from now on. */
  public void changeMillis(int millis) {
    changeMillis = millis;
  }

  /** Changes wait from now on, until {@link #releaseChanges}. */
  public void holdChanges() {
    held = new CountDownLatch(1);
  }

  public void releaseChanges() {
    held.countDown();
  }

  /** Settling and flushing fail from now on; null heals them. */
  public void failSettles(DeviceException.@Nullable Reason reason) {
    failSettles = reason;
  }

  /** Reads fail from now on; null heals them. */
  public void failReads(DeviceException.@Nullable Reason reason) {
    failReads = reason;
  }

  /** Reads throw what no disk should throw. */
  public void broken(boolean value) {
    broken = value;
  }

  /** How often it was flushed. */
  public long flushes() {
    return flushes;
  }

  /** How often it was told that a flush is likely to come. */
  public long expectedFlushes() {
    return expectedFlushes;
  }

  @Override
  public Geometry geometry() {
    return geometry;
  }

  @Override
  public boolean writeThrough() {
    return writeThrough;
  }

  @Override
  public boolean readOnly() {
    return readOnly;
  }

  @Override
  public boolean removable() {
    return removable;
  }

  @Override
  public void read(long block, ByteBuffer into) throws DeviceException {
    fail(failReads);
    if (broken) {
      throw new IllegalStateException("broken on purpose");
    }
    int at = at(block, into.remaining());
    int length = into.remaining();
    into.put(into.position(), content, at, length).position(into.position() + length);
  }

  /** Lends one time, a bit less than is asked for the next, and then has it read. */
  @Override
  public @Nullable Loan lend(long block, int bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException(bytes + " bytes cannot be lent");
    }
    long turn = lends.getAndIncrement() % 3;
    if (turn == 2 || failReads != null || broken) {
      return null;
    }
    int blockSize = geometry.blockSize();
    int lent = turn == 0 || bytes == blockSize ? bytes : bytes - blockSize;
    ByteBuffer part = content.slice(at(block, lent), lent);
    onLoan.incrementAndGet();
    return new Loan() {
      @Override
      public ByteBuffer content() {
        return part;
      }

      @Override
      public void giveBack(boolean used) {
        onLoan.decrementAndGet();
      }
    };
  }

  /** How often it was asked to lend something. */
  public long lends() {
    return lends.get();
  }

  /** How much was lent and is not given back. */
  public long onLoan() {
    return onLoan.get();
  }

  @Override
  public void write(long block, ByteBuffer data) throws DeviceException {
    refuseChanges();
    int length = data.remaining();
    content.put(at(block, length), data, data.position(), length);
    synchronized (mapped) {
      mapped.set((int) block, (int) block + length / geometry.blockSize());
    }
    data.position(data.limit());
  }

  @Override
  public Run run(long block) {
    synchronized (mapped) {
      int first = (int) block;
      boolean data = mapped.get(first);
      int end = data ? mapped.nextClearBit(first) : mapped.nextSetBit(first);
      return new Run((end < 0 ? geometry.blockCount() : end) - block, data);
    }
  }

  private void refuseChanges() throws DeviceException {
    try {
      held.await();
      Thread.sleep(changeMillis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DeviceException(DeviceException.Reason.UNWRITABLE, "interrupted", e);
    }
    if (readOnly) {
      throw new DeviceException(DeviceException.Reason.READ_ONLY, "read-only on purpose");
    }
    fail(failWrites);
    changes.incrementAndGet();
  }

  private static void fail(DeviceException.@Nullable Reason reason) throws DeviceException {
    if (reason != null) {
      throw new DeviceException(reason, "fails on purpose");
    }
  }

  private int at(long block, int bytes) {
    if (bytes % geometry.blockSize() != 0
        || !geometry.contains(block, bytes / geometry.blockSize())) {
      throw new IllegalArgumentException(bytes + " bytes from block " + block);
    }
    return (int) (block * geometry.blockSize());
  }

  @Override
  public void zero(List<Extent> extents, boolean deallocate) throws DeviceException {
    refuseChanges();
    for (Extent extent : extents) {
      if (!geometry.contains(extent.block(), extent.count())) {
        throw new IllegalArgumentException(extent.toString());
      }
      long end = (extent.block() + extent.count()) * geometry.blockSize();
      for (long at = extent.block() * geometry.blockSize(); at < end; at += Long.BYTES) {
        content.putLong((int) at, 0);
      }
      synchronized (mapped) {
        int first = (int) extent.block();
        mapped.set(first, first + (int) extent.count(), !deallocate);
      }
    }
  }

  @Override
  public boolean takesMarks() {
    return true;
  }

  @Override
  public void mark(String name) throws DeviceException {
    if (name.isBlank()) {
      throw new IllegalArgumentException("blank");
    }
    refuseChanges();
    marks.add(name);
  }

  @Override
  public void settle() throws DeviceException {
    fail(failSettles);
  }

  @Override
  public synchronized void flush() throws DeviceException {
    flushes = flushes + 1;
    settle();
  }

  @Override
  public synchronized void expectFlush() {
    expectedFlushes = expectedFlushes + 1;
  }
}
