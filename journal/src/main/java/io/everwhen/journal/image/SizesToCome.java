package io.everwhen.journal.image;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The sizes that a disk got since its image's checkpoint, by the entries that gave them. Any
 * thread.
 */
final class SizesToCome {

  private record Size(long sequence, long bytes) {}

  // Oldest first. As many as there are resizes in the backlog.
  private final Deque<Size> sizes = new ArrayDeque<>();

  /** Notes one that is newer than all others. */
  synchronized void add(long sequence, long bytes) {
    sizes.add(new Size(sequence, bytes));
  }

  /**
   * The size after an entry.
   *
   * @param before the size before all of these
   */
  synchronized long at(long sequence, long before) {
    long bytes = before;
    for (Size size : sizes) {
      bytes = size.sequence <= sequence ? size.bytes : bytes;
    }
    return bytes;
  }

  /** The smallest of all, {@code before} included. */
  synchronized long least(long before) {
    return Math.min(before, sizes.stream().mapToLong(Size::bytes).min().orElse(before));
  }

  /** Forgets those that the image has: {@code at} must not be asked for earlier entries again. */
  synchronized void forgetUpTo(long sequence) {
    sizes.removeIf(size -> size.sequence <= sequence);
  }
}
