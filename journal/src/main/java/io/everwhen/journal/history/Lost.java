package io.everwhen.journal.history;

import io.everwhen.journal.history.History.Point;
import org.jspecify.annotations.Nullable;

/**
 * Instants of a disk that cannot be restored, because of damage.
 *
 * @param disk its name
 * @param after the last instant before them that can be; null when it is before the horizon
 * @param before the first instant after them that can be; null when there is none yet
 */
public record Lost(String disk, @Nullable Point after, @Nullable Point before) {

  /** Whether the disk right after this entry is among what is lost. */
  public boolean contains(long sequence) {
    return (after == null || sequence > after.sequence())
        && (before == null || sequence < before.sequence());
  }
}
