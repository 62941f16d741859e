package io.everwhen.restore.run;

import io.everwhen.journal.history.EntryPlace;
import org.jspecify.annotations.Nullable;

/**
 * An extent that differs between two instants, or of which that cannot be told.
 *
 * @param offset in bytes, where it begins on the disk
 * @param length in bytes
 * @param first the first entry after the earlier instant that recorded any of it
 * @param last the last one
 * @param damage why it cannot be told whether it differs; null when it does
 */
public record Difference(
    long offset, long length, EntryPlace first, EntryPlace last, @Nullable String damage) {

  /** One past the last byte. */
  public long end() {
    return offset + length;
  }
}
