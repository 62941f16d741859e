package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Files that are read through memory, all of them until this is closed; whoever reads one
 * afterwards gets an {@link IllegalStateException}. They take no heap, and of RAM only what the
 * operating system likes to cache. A file that is deleted meanwhile can still be read; none may be
 * cut.
 *
 * <p>One thread at a time maps and closes; any thread reads. A read that the volume fails is an
 * {@link InternalError}.
 */
public final class FileMaps implements Closeable {

  /**
   * Of the process. Linux allows 65,530 by default, and the other half is for everything else that
   * maps memory; further files are copied to the heap.
   */
  public static final int MAPS_MAX = 32_768;

  /** Of a smaller one a copy costs less than a mapping. */
  private static final int MAPPED_BYTES_MIN = 8 << 10;

  private static final AtomicInteger MAPS = new AtomicInteger();

  // Made when it is first needed, for closing one interrupts every thread. Shared: a history may be
  // closed by another thread than the one that opened it.
  private @Nullable Arena arena;
  private int maps;

  /** The whole content of a file, read-only; it may be closed afterwards. */
  public ByteBuffer map(StorageFile file) throws IOException {
    if (file.size() < MAPPED_BYTES_MIN) {
      return file.copy();
    }
    if (MAPS.incrementAndGet() > MAPS_MAX) {
      MAPS.decrementAndGet();
      return file.copy();
    }
    maps++;
    Arena mapped = arena;
    if (mapped == null) {
      mapped = Arena.ofShared();
      arena = mapped;
    }
    return file.map(mapped);
  }

  /** How many there are in the process. */
  static int inProcess() {
    return MAPS.get();
  }

  @Override
  public void close() {
    Arena mapped = arena;
    if (mapped != null) {
      mapped.close();
      MAPS.addAndGet(-maps);
      arena = null;
      maps = 0;
    }
  }
}
