package io.everwhen.target.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A disk: blocks that can be read and changed, and made durable.
 *
 * <p>A change passes three stages. It is <em>ordered</em> when {@link #write} or {@link #zero}
 * returns; it is <em>kept</em> by the operating system, so that it survives the death of this
 * process, when a later {@link #settle} of the same thread returns; it is on <em>stable
 * storage</em> when a later {@link #flush} returns. A caller that acknowledges a change settles
 * first, and may settle once for many changes.
 *
 * <p>Each call of {@code write} or {@code zero} is one atomic change. After a failure of {@code
 * write}, {@code zero}, {@code settle} or {@code flush} none of the changes since the last {@code
 * settle} of this thread may be acknowledged.
 *
 * <p>Any thread may call any method, at the same time as others. Callers check extents against
 * {@link #geometry} first; an implementation checks again and throws {@link
 * IllegalArgumentException}. Failures are {@link DeviceException}.
 */
public interface BlockDevice {

  /** The shape of the disk; may change while it is served (resize). */
  Geometry geometry();

  /** Whether every change is refused with {@link DeviceException.Reason#READ_ONLY}. */
  boolean readOnly();

  /**
   * Whether {@link #settle} returns only when the changes are on stable storage: then there is no
   * volatile write cache.
   */
  default boolean writeThrough() {
    return false;
  }

  /** Whether an initiator may eject and load the disk. */
  default boolean removable() {
    return false;
  }

  /**
   * Whether the content is stored encrypted with a key of its own, so that {@link #eraseKey} makes
   * all of it unreadable, wherever copies of it are.
   */
  default boolean encrypted() {
    return false;
  }

  /**
   * Destroys the key of an {@link #encrypted} disk and goes on with a new one, as one change: what
   * the blocks read as afterwards says nothing of what they were.
   *
   * @throws UnsupportedOperationException if the disk is not encrypted
   */
  default void eraseKey() throws IOException {
    throw new UnsupportedOperationException("the disk is not encrypted");
  }

  /** Whether the disk has a timeline of which instants can get a name: {@link #mark}. */
  default boolean takesMarks() {
    return false;
  }

  /**
   * Gives this instant a name, on stable storage when it returns. Every change that was ordered
   * before the call, by any thread, is before the mark; every one that is ordered after it has
   * returned is behind it.
   *
   * @throws IllegalArgumentException if it cannot be a name
   * @throws UnsupportedOperationException if the disk does not {@link #takesMarks take marks}
   */
  default void mark(String name) throws IOException {
    throw new UnsupportedOperationException("the disk takes no marks");
  }

  /**
   * Reads {@code into.remaining()} bytes, a multiple of the block size, from {@code block} on. Sees
   * every change that was ordered before the call, by any thread.
   */
  void read(long block, ByteBuffer into) throws IOException;

  /**
   * Lends what {@link #read} would fill in, if it can: at most {@code bytes}, a multiple of the
   * block size, and less only by whole blocks. What is lent may change while it is read only by
   * changes that are ordered after this call; a disk that can help it does not let that happen.
   *
   * @param bytes more than 0
   * @return null when it has to be read
   */
  default @Nullable Loan lend(long block, int bytes) throws IOException {
    return null;
  }

  /**
   * What {@code block} is, and how many blocks from there on are like it. May stop short of where
   * that changes. A disk that does not know holds data everywhere.
   */
  default Run run(long block) throws IOException {
    return new Run(geometry().blockCount() - block, true);
  }

  /**
   * Orders a write of {@code data.remaining()} bytes, a multiple of the block size, at {@code
   * block}. The bytes in {@code data} must not change before the next {@link #settle} of this
   * thread has returned; the buffer's position may be moved by the call.
   */
  void write(long block, ByteBuffer data) throws IOException;

  /**
   * Orders that the extents read as zeros from now on, as one change.
   *
   * @param deallocate whether the space may be given back; the blocks read as zeros either way
   */
  void zero(List<Extent> extents, boolean deallocate) throws IOException;

  /**
   * Returns when every change ordered by this thread is with the operating system, or on stable
   * storage if the disk is {@link #writeThrough}. Cheap when there is none.
   */
  void settle() throws IOException;

  /**
   * Settles, and returns when every change acknowledged so far, by any thread, is on stable
   * storage.
   */
  void flush() throws IOException;

  /**
   * Says that {@link #flush} is likely to be called next: a disk may bring what was settled to
   * stable storage now, so that the flush finds nothing left to do. It promises nothing to anybody.
   */
  default void expectFlush() throws IOException {}
}
