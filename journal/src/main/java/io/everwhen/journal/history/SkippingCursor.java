package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.log.Cursor;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A walk through the entries of a segment that can be read: where one cannot, it goes on with the
 * next of which the index knows the place. One thread.
 */
final class SkippingCursor {

  private final HistorySegment segment;
  private Cursor cursor;
  private long next;
  private boolean skipped;
  private long @Nullable [] places;

  /** A walk from the entry at {@code place} on. */
  SkippingCursor(HistorySegment segment, long place) throws IOException {
    this.segment = segment;
    this.cursor = segment.cursorAt(place);
    this.next = place;
  }

  /** Moves to the next entry that can be read; false when there is none in this segment. */
  boolean advance() throws IOException {
    skipped = false;
    while (!cursor.advance()) {
      long place = placeAfter(next);
      if (place < 0) {
        return false;
      }
      skipped = true;
      next = place;
      cursor = segment.cursorAt(place);
    }
    next = cursor.place() + cursor.entry().storedBytes();
    return true;
  }

  private long placeAfter(long place) {
    long[] known = places;
    if (known == null) {
      known = segment.index().places();
      places = known;
    }
    int found = Arrays.binarySearch(known, place);
    int following = found < 0 ? -found - 1 : found + 1;
    return following < known.length ? known[following] : -1;
  }

  EntryHeader entry() {
    return cursor.entry();
  }

  /** Whether there is something between this entry and the one before that cannot be read. */
  boolean skipped() {
    return skipped;
  }
}
