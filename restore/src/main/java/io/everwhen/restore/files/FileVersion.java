package io.everwhen.restore.files;

import io.everwhen.journal.history.History.Point;
import org.jspecify.annotations.Nullable;

/**
 * What became of a file.
 *
 * @param at the first instant when it is so
 * @param kind what became of it
 * @param entry what the file system says of it; null when it was removed or cannot be read
 * @param problem why it cannot be read; null when it can
 */
public record FileVersion(
    Point at, Kind kind, @Nullable FileEntry entry, @Nullable String problem) {

  /** What can become of a file. */
  public enum Kind {
    /** It is there at the first instant that was asked for. */
    THERE,
    CREATED,
    CHANGED,
    REMOVED,
    /** The file system makes no sense there. */
    UNREADABLE
  }
}
