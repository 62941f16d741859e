package io.everwhen.restore.plan;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.HistorySegment;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The instants at which initiators asked for durability: what depends on the order of writes is
 * consistent there. One thread, as long as the history is open.
 */
public final class Flushes {

  private final History history;

  public Flushes(History history) {
    this.history = history;
  }

  /**
   * The last flush up to an entry that can be asked for. Reads segments as a whole, from the newest
   * on.
   *
   * @param disk which was flushed; null for any
   * @param segmentsMax in how many it is looked for
   */
  public Optional<Point> last(Manifest.@Nullable Disk disk, long sequence, int segmentsMax)
      throws IOException {
    List<HistorySegment> before =
        history.segments().stream().filter(s -> s.index().firstSequence() <= sequence).toList();
    int least = Math.max(0, before.size() - segmentsMax);
    for (int i = before.size() - 1; i >= least; i--) {
      Optional<Point> found = lastIn(before.get(i), disk, sequence);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private Optional<Point> lastIn(
      HistorySegment segment, Manifest.@Nullable Disk disk, long sequence) throws IOException {
    long end = Math.min(sequence, segment.index().lastSequence());
    long horizon = history.horizon().sequence();
    Point[] last = new Point[1];
    history.visitFrom(
        segment.index().firstSequence(),
        (entry, payload) -> {
          if (entry.sequence() > end) {
            return false;
          }
          boolean asked = entry.sequence() >= horizon && history.isKept(entry.sequence());
          boolean ofDisk = disk == null || entry.disk() == disk.number();
          if (entry.kind() == EntryKind.FLUSH && ofDisk && asked) {
            last[0] = new Point(entry.sequence(), entry.timeNanos());
          }
          return true;
        });
    return Optional.ofNullable(last[0]);
  }
}
