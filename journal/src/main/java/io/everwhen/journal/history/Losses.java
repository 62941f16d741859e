package io.everwhen.journal.history;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.History.Point;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Works out which instants damage costs: content is missed from the entry that recorded it to the
 * entry after which all of it was written again. One thread.
 */
final class Losses {

  private static final int SECTOR_BYTES = SegmentIndex.SECTOR_BYTES;

  /** How much of an extent is looked at together; bounds the memory. */
  private static final long PIECE_BYTES = 16 << 20;

  private static final long FOR_EVER = Long.MAX_VALUE;

  private final History history;
  private final List<Span> spans = new ArrayList<>();

  /** Entries, first and last, whose instants are lost. */
  private record Span(int disk, long first, long last) {}

  Losses(History history) {
    this.history = history;
  }

  /** Content is lost. */
  Losses add(LostExtent lost) throws IOException {
    long until = lost.sequence();
    for (long done = 0; done < lost.length() && until < FOR_EVER; done += PIECE_BYTES) {
      until =
          Math.max(until, writtenAgain(lost, done, Math.min(PIECE_BYTES, lost.length() - done)));
    }
    spans.add(
        new Span(lost.disk().number(), lost.sequence(), until == FOR_EVER ? until : until - 1));
    return this;
  }

  /** An entry cannot be read: that instant itself cannot be told from the one before. */
  Losses addEntry(long sequence) {
    return addEntries(sequence, sequence);
  }

  /** Whatever was recorded from here on may be anything. */
  Losses addAllFrom(long sequence) {
    return addEntries(sequence, FOR_EVER);
  }

  /** Whatever was on this disk from here on may be anything. */
  Losses addDiskFrom(Manifest.Disk disk, long sequence) {
    spans.add(new Span(disk.number(), sequence, FOR_EVER));
    return this;
  }

  private Losses addEntries(long first, long last) {
    for (Manifest.Disk disk : history.manifest().disks()) {
      spans.add(new Span(disk.number(), first, last));
    }
    return this;
  }

  /** The entry after which every sector of a piece was written again. */
  private long writtenAgain(LostExtent lost, long from, long length) throws IOException {
    long offset = lost.offset() + from;
    long[] again = new long[(int) ((length + SECTOR_BYTES - 1) / SECTOR_BYTES)];
    Arrays.fill(again, FOR_EVER);
    for (HistorySegment segment : history.segments()) {
      SegmentIndex index = segment.index();
      if (index.lastSequence() <= lost.sequence()) {
        continue;
      }
      for (int i = index.firstExtentReaching(lost.disk().number(), offset);
          i < index.extents()
              && index.extentDisk(i) == lost.disk().number()
              && index.extentOffset(i) < offset + length;
          i++) {
        if (index.extentSequence(i) > lost.sequence()) {
          long begin = Math.max(0, index.extentOffset(i) - offset) / SECTOR_BYTES;
          long end = index.extentOffset(i) + index.extentLength(i) - offset;
          for (int s = (int) begin; s < again.length && (long) s * SECTOR_BYTES < end; s++) {
            again[s] = Math.min(again[s], index.extentSequence(i));
          }
        }
      }
    }
    return Arrays.stream(again).max().orElse(lost.sequence());
  }

  /** The instants that all of this costs, by disk and then by time; those that touch are one. */
  List<Lost> lost() throws IOException {
    spans.sort(Comparator.comparingInt(Span::disk).thenComparingLong(Span::first));
    List<Lost> lost = new ArrayList<>();
    Span open = null;
    for (Span span : spans) {
      if (open != null && open.disk == span.disk && touch(open, span)) {
        open = new Span(open.disk, open.first, Math.max(open.last, span.last));
      } else {
        addTo(lost, open);
        open = span;
      }
    }
    addTo(lost, open);
    return lost;
  }

  private static boolean touch(Span earlier, Span later) {
    return earlier.last == FOR_EVER || later.first <= earlier.last + 1;
  }

  private void addTo(List<Lost> lost, @Nullable Span span) throws IOException {
    // What was folded or thinned away, or is overwritten in the same change, costs nothing.
    if (span == null
        || span.last < Math.max(span.first, history.horizon().sequence())
        || !history.instants().isAnyKept(span.first, span.last)) {
      return;
    }
    Point after =
        span.first <= history.horizon().sequence()
            ? null
            : history.instants().pointAtOrBefore(span.first - 1);
    Point before =
        span.last >= history.head().sequence()
            ? null
            : history.instants().pointAtOrAfter(span.last + 1);
    lost.add(new Lost(history.manifest().disks().get(span.disk).name(), after, before));
  }
}
