package io.everwhen.restore.plan;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;
import java.util.List;

/**
 * Grades the instants of a disk along its timeline, entry by entry. One thread, as long as the
 * history is open.
 */
public final class Grading {

  /** How far back the last flush is looked for: each segment is read as a whole. */
  private static final int SEGMENTS_MAX = 4;

  private static final Grade CLEAN = new Grade.Exactly(0);
  private static final Grade UNKNOWN = new Grade.Unknown();

  /** Of what nothing is known before. */
  private static final Grade OPEN = new Grade.AtLeast(0);

  private final History history;
  private final Manifest.Disk disk;

  /** From this instant on nothing was thinned, and nothing folded. */
  private final long whole;

  private Grade grade;

  /** Begins where the history does. */
  public Grading(History history, Manifest.Disk disk) throws IOException {
    this.history = history;
    this.disk = disk;
    this.whole = history.thinnedUpTo().sequence();
    this.grade = beginning();
  }

  /** Before anything was written there was nothing to flush. */
  private Grade beginning() {
    return whole == 0 && history.holes().isEmpty() ? CLEAN : OPEN;
  }

  /** Goes to right before an entry, whatever was looked at until now. */
  public void goBefore(long sequence) throws IOException {
    List<HistorySegment> segments =
        history.segments().stream().filter(s -> s.index().firstSequence() < sequence).toList();
    Grade found = beginning();
    long later = 0;
    for (int i = segments.size() - 1; i >= 0; i--) {
      HistorySegment segment = segments.get(i);
      boolean reached = segment.index().lastSequence() < whole;
      found = reached ? OPEN : within(segment, sequence);
      boolean gap = i > 0 && !follows(segments.get(i - 1), segment);
      boolean end = reached || gap || segments.size() - i == SEGMENTS_MAX;
      if (end || !(found instanceof Grade.AtLeast least)) {
        break;
      }
      later += least.unflushed();
      found = beginning();
    }
    grade = found.plus(later);
  }

  private static boolean follows(HistorySegment earlier, HistorySegment later) {
    return earlier.index().lastSequence() + 1 == later.index().firstSequence();
  }

  /** The grade right before an entry as far as one segment tells. */
  private Grade within(HistorySegment segment, long sequence) throws IOException {
    grade = OPEN;
    long end = Math.min(sequence - 1, segment.index().lastSequence());
    try {
      history.visitFrom(
          segment.index().firstSequence(),
          (entry, payload) -> {
            if (entry.sequence() <= end) {
              after(entry);
            }
            return entry.sequence() < end;
          });
    } catch (DamageException e) {
      return OPEN;
    }
    return grade;
  }

  /** The disk's grade right after the next entry of the timeline. */
  public Grade after(EntryHeader entry) {
    boolean own = entry.disk() == disk.number();
    boolean flushed = own && entry.kind() == EntryKind.FLUSH;
    if (flushed) {
      grade = CLEAN;
    } else if (own && entry.kind() == EntryKind.REWIND) {
      // What it went back to may have been clean or not, and is written again meanwhile.
      grade = UNKNOWN;
    } else if (entry.kind().ofGap()) {
      // What the disks took meanwhile is not in the history, and is written there afterwards.
      grade = UNKNOWN;
    } else if (own && isChange(entry)) {
      grade = grade.plus(1);
    }
    if (entry.sequence() < whole) {
      // What is left of the changes and flushes before tells nothing of this one.
      grade = OPEN;
      return flushed ? CLEAN : UNKNOWN;
    }
    return grade;
  }

  /** A resize is durable by itself. */
  private static boolean isChange(EntryHeader entry) {
    return entry.kind().changesContent() && entry.kind() != EntryKind.RESIZE && !entry.continues();
  }
}
