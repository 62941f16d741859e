package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * A file as the system holds it in memory, to be read where it is. What is not there is not shown:
 * reading it from the medium is better done by a call that says what is wanted, which reads ahead
 * and fails in an orderly way.
 *
 * <p>Any thread asks; one thread closes, and whoever reads what was shown gets an {@link
 * IllegalStateException} afterwards.
 */
public final class ResidentPages implements Closeable {

  /** What is known about residency is known of so much at once. */
  private static final int CHUNK_SHIFT = 18;

  /** Chunks that something is known about at once: those of 16 GiB. */
  private static final int KNOWN_MAX = 1 << 16;

  // What is known of a chunk: its number and one, until when, and whether it is in memory.
  private static final int CHUNK_BITS_SHIFT = 24;
  private static final long TICKS_MASK = (1 << 23) - 1;
  private static final long NANOS_A_TICK_SHIFT = 27; // 0.13 s
  private static final long RESIDENT_TICKS = 75;
  private static final long ABSENT_TICKS = 8;

  private static final int CLOSE_MILLIS_MAX = 1000;

  private final Arena arena;
  private final MemorySegment memory;
  private final AtomicLongArray known;

  private ResidentPages(Arena arena, MemorySegment memory, int chunks) {
    this.arena = arena;
    this.memory = memory;
    this.known = new AtomicLongArray(chunks);
  }

  /**
   * Of a file that may be closed afterwards, but not cut while anything of it is read.
   *
   * @throws IOException when there is no room for it among the process's addresses
   */
  static ResidentPages of(FileChannel file, long size) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment memory = file.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      long chunks = Math.max(1, Math.min(KNOWN_MAX, size >> CHUNK_SHIFT));
      return new ResidentPages(arena, memory, Integer.highestOneBit((int) chunks));
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      arena.close();
      throw new IOException("cannot be mapped: " + e.getMessage(), e);
    }
  }

  /**
   * What is at {@code position}; only for system calls, as a page that has gone meanwhile and
   * cannot be read again would otherwise end the process.
   *
   * @param nanos the time by some clock, always the same: what is in memory is asked now and then
   * @return null when some of it is not in memory, or not in the file
   */
  public @Nullable ByteBuffer at(long position, int length, long nanos) {
    long end = position + length;
    if (end > memory.byteSize()) {
      return null;
    }
    long now = nanos >> NANOS_A_TICK_SHIFT;
    for (long chunk = position >> CHUNK_SHIFT; chunk << CHUNK_SHIFT < end; chunk++) {
      if (!isResident(chunk, now)) {
        return null;
      }
    }
    return memory.asSlice(position, length).asByteBuffer();
  }

  private boolean isResident(long chunk, long now) {
    int slot = (int) (chunk & (known.length() - 1));
    long entry = known.getOpaque(slot);
    long ticksLeft = ((entry >> 1) - now) & TICKS_MASK;
    if (entry >>> CHUNK_BITS_SHIFT == chunk + 1 && ticksLeft <= RESIDENT_TICKS) {
      return (entry & 1) != 0;
    }
    long start = chunk << CHUNK_SHIFT;
    long length = Math.min(1L << CHUNK_SHIFT, memory.byteSize() - start);
    boolean resident = LinuxFile.isResident(memory.asSlice(start, length));
    long until = (now + (resident ? RESIDENT_TICKS : ABSENT_TICKS)) & TICKS_MASK;
    known.setOpaque(slot, ((chunk + 1) << CHUNK_BITS_SHIFT) | (until << 1) | (resident ? 1 : 0));
    return resident;
  }

  /**
   * Waits for what is being read, for a second at most: longer takes only who waits for somebody
   * else, and then the addresses stay taken.
   */
  @Override
  public void close() {
    boolean interrupted = false;
    for (int waited = 0; waited < CLOSE_MILLIS_MAX; waited++) {
      try {
        arena.close();
        break;
      } catch (IllegalStateException _) {
        try {
          Thread.sleep(1);
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
