package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The calls that Java has no words for: fallocate(2), lseek(2) with SEEK_DATA and SEEK_HOLE and the
 * like, on a descriptor of its own; and mincore(2).
 *
 * <p>Linux, glibc or musl. Each method says in its result whether the file system could do it, so
 * that callers can fall back to something slower.
 */
@SuppressWarnings("restricted") // the launcher and the tests enable native access
final class LinuxFile implements Closeable {

  private static final int O_RDONLY = 0;
  private static final int O_RDWR = 2;
  private static final int O_EXCL = 0x80;
  private static final int O_CLOEXEC = 0x80000;
  private static final int FALLOC_FL_KEEP_SIZE = 1;
  private static final int FALLOC_FL_PUNCH_HOLE = 2;
  private static final int POSIX_FADV_DONTNEED = 4;
  private static final int SYNC_FILE_RANGE_WRITE = 2;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int LEAST_PAGE_BYTES = 4096;
  private static final byte RESIDENT = 1;

  private static final int EINTR = 4;
  private static final int ENXIO = 6;
  private static final int EBUSY = 16;
  private static final int ENODEV = 19;
  private static final int EINVAL = 22;
  private static final int ENOSPC = 28;
  private static final int ENOSYS = 38;
  private static final int EOPNOTSUPP = 95;
  private static final int EDQUOT = 122;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final AddressLayout STRING = ValueLayout.ADDRESS;

  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, STRING, ValueLayout.JAVA_INT),
          Linker.Option.captureCallState("errno"),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle FALLOCATE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("fallocate"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle POSIX_FADVISE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("posix_fadvise"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle SYNC_FILE_RANGE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("sync_file_range"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle MINCORE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("mincore"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS));
  private static final MethodHandle LSEEK =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("lseek"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT),
          Linker.Option.captureCallState("errno"));

  private final Path path;
  private final int descriptor;

  private LinuxFile(Path path, int descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  static LinuxFile open(Path path, boolean writable) throws IOException {
    return open(path, writable ? O_RDWR : O_RDONLY)
        .orElseThrow(() -> new IOException(path + " is busy"));
  }

  /** Claims a block device for as long as it is open; empty when the system uses it. */
  static Optional<LinuxFile> claim(Path device) throws IOException {
    return open(device, O_RDONLY | O_EXCL);
  }

  private static Optional<LinuxFile> open(Path path, int how) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      int flags = how | O_CLOEXEC;
      int descriptor = (int) OPEN.invokeExact(state, arena.allocateFrom(path.toString()), flags);
      if (descriptor >= 0) {
        return Optional.of(new LinuxFile(path, descriptor));
      }
      int error = errno(state);
      if (error == EBUSY) {
        return Optional.empty();
      }
      throw new IOException("cannot open " + path + ": error " + error);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Allocates the first {@code bytes} and extends the file to them.
   *
   * @return false when the file system cannot
   */
  boolean allocate(long bytes) throws IOException {
    return fallocate(0, 0, bytes);
  }

  /**
   * Punches a hole, keeping the size.
   *
   * @return false when the file system cannot
   */
  boolean punchHole(long position, long length) throws IOException {
    return fallocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, position, length);
  }

  private boolean fallocate(int mode, long position, long length) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      while (true) {
        if ((int) FALLOCATE.invokeExact(state, descriptor, mode, position, length) == 0) {
          return true;
        }
        int error = errno(state);
        switch (error) {
          case EINTR -> {}
          case EOPNOTSUPP, ENOSYS, ENODEV, EINVAL -> {
            return false;
          }
          case ENOSPC, EDQUOT ->
              throw new NoSpaceException("no space left for " + length + " bytes of " + path);
          default -> throw new IOException("fallocate of " + path + " failed: error " + error);
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Lets the system forget what is cached and not to be written any more, if it can. */
  void forgetCached() {
    try {
      int ignored = (int) POSIX_FADVISE.invokeExact(descriptor, 0L, 0L, POSIX_FADV_DONTNEED);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Has the system begin to write a range to the medium, if it can; says nothing of it. */
  void startWriting(long position, long length) {
    try {
      int ignored =
          (int) SYNC_FILE_RANGE.invokeExact(descriptor, position, length, SYNC_FILE_RANGE_WRITE);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Whether the system holds all pages of a mapped range in memory; it begins with a page. */
  static boolean isResident(MemorySegment range) {
    long bytes = range.byteSize();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pages = arena.allocate((bytes + LEAST_PAGE_BYTES - 1) / LEAST_PAGE_BYTES);
      pages.fill(RESIDENT); // where pages are larger, some of this is not looked at
      if ((int) MINCORE.invokeExact(range, bytes, pages) != 0) {
        return false;
      }
      for (long page = 0; page < pages.byteSize(); page++) {
        if ((pages.get(ValueLayout.JAVA_BYTE, page) & RESIDENT) == 0) {
          return false;
        }
      }
      return true;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Where data starts at or after {@code position}; {@code position} itself when the file system
   * cannot tell.
   */
  long nextData(long position, long size) throws IOException {
    return seek(position, SEEK_DATA, size, position);
  }

  /** Where a hole starts at or after {@code position}; {@code size} when there is none. */
  long nextHole(long position, long size) throws IOException {
    return seek(position, SEEK_HOLE, size, size);
  }

  /**
   * @param none what to return when there is nothing of the kind up to the end
   * @param unknown what to return when the file system cannot tell
   */
  private long seek(long position, int whence, long none, long unknown) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      long found = (long) LSEEK.invokeExact(state, descriptor, position, whence);
      if (found >= 0) {
        return found;
      }
      return errno(state) == ENXIO ? none : unknown;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      int ignored = (int) CLOSE.invokeExact(descriptor);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }
}
