package io.everwhen.journal.io;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One open file.
 *
 * <p>Any thread may read at any time; writes to the same bytes are ordered by the caller. A write
 * is with the operating system when it returns, and on stable storage after {@link #sync}.
 */
public interface StorageFile extends Closeable {

  /** Where this is, for messages to people. */
  String describe();

  /** Bytes in the file; of a block device, its capacity. */
  long size() throws IOException;

  /**
   * Fills {@code into} from {@code position} on.
   *
   * @return the bytes read, fewer than asked for only at the end of the file
   */
  int read(long position, ByteBuffer into) throws IOException;

  /** Writes all of {@code data} at {@code position}. */
  void write(long position, ByteBuffer data) throws IOException;

  /**
   * Writes the first {@code count} buffers one after the other at {@code position}, in as few
   * system calls as it takes.
   */
  void write(long position, ByteBuffer[] data, int count) throws IOException;

  /**
   * Makes the bytes written so far durable. After a failure nothing may be assumed about any of
   * them.
   */
  void sync() throws IOException;

  /** Cuts or extends the file; what is added reads as zeros and takes no space. */
  void setSize(long bytes) throws IOException;

  /**
   * Makes sure that the first {@code bytes} can be written without running out of space, and
   * extends the file to them.
   */
  void allocate(long bytes) throws IOException;

  /**
   * Makes a range read as zeros and gives back its space where the file system can. Does not change
   * the size.
   */
  void punchHole(long position, long length) throws IOException;

  /**
   * The start of the next range at or after {@code position} that may hold anything but zeros.
   *
   * @return {@link #size} when there is none
   */
  long nextData(long position) throws IOException;

  /**
   * The start of the next range at or after {@code position} that takes no space.
   *
   * @return {@link #size} when there is none, or when the file system cannot tell
   */
  long nextHole(long position) throws IOException;

  /**
   * Lets the system forget what it holds of the file in memory, as far as it is synced and the
   * system can: then reading comes from the medium.
   */
  default void forgetCached() throws IOException {}

  /**
   * Lets the system begin to write a range to the medium, so that a {@link #sync} has less to do;
   * promises nothing.
   */
  default void startWriting(long position, long length) throws IOException {}

  /** The whole content, read-only and on the heap; less than 2 GiB. */
  default ByteBuffer copy() throws IOException {
    ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(size()));
    readFully(0, content);
    return content.flip().asReadOnlyBuffer();
  }

  /**
   * The whole content, read-only and less than 2 GiB, until {@code arena} is closed: read from the
   * file when it is needed if it is on a file system, else a copy. {@link FileMaps} keeps them few
   * enough.
   */
  default ByteBuffer map(Arena arena) throws IOException {
    return copy();
  }

  /**
   * The content as the system holds it in memory, as large as it is now.
   *
   * @return null when this is not a file on a file system
   * @throws IOException when it cannot be had; then it is to be read
   */
  default @Nullable ResidentPages residentPages() throws IOException {
    return null;
  }

  /** Reads exactly {@code into.remaining()} bytes. */
  default void readFully(long position, ByteBuffer into) throws IOException {
    int wanted = into.remaining();
    int got = read(position, into);
    if (got != wanted) {
      throw new java.io.EOFException(
          describe()
              + " ends at byte "
              + size()
              + ", where "
              + wanted
              + " bytes from "
              + position
              + " were expected");
    }
  }
}
