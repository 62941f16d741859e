package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;

/**
 * An entry that an index knows, and where it is.
 *
 * @param segment that it is in
 * @param place where it begins in the segment's file
 * @param sequence its number
 */
public record EntryPlace(HistorySegment segment, long place, long sequence) {

  /**
   * Reads what the entry says of itself, without its payload. Only as long as the history is open.
   *
   * @throws DamageException when it is damaged
   */
  public EntryHeader header() throws IOException {
    return segment.headerAt(place, sequence);
  }

  /** Whichever was recorded first. */
  public static EntryPlace older(EntryPlace a, EntryPlace b) {
    return a.sequence <= b.sequence ? a : b;
  }

  /** Whichever was recorded last. */
  public static EntryPlace newer(EntryPlace a, EntryPlace b) {
    return a.sequence >= b.sequence ? a : b;
  }
}
