package io.everwhen.restore.run;

import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.history.RecordedExtents;
import io.everwhen.restore.plan.DiffPlan;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The entries between two instants that recorded anything on a disk, numbered from 0 in the order
 * of time. By the indexes alone; holds those of one segment at a time. One thread, as long as the
 * history is open.
 */
public final class Changes {

  private final History history;
  private final DiffPlan plan;

  /** The segments that have any, by the number of the first. */
  private final TreeMap<Long, HistorySegment> segments = new TreeMap<>();

  private final long count;
  private long loadedFrom;
  private long[] loaded = {};

  public Changes(History history, DiffPlan plan) throws IOException {
    this.history = history;
    this.plan = plan;
    long total = 0;
    for (HistorySegment segment : history.segments()) {
      long[] sequences = sequencesIn(segment);
      if (sequences.length > 0) {
        segments.put(total, segment);
        total += sequences.length;
      }
    }
    this.count = total;
  }

  private long[] sequencesIn(HistorySegment segment) throws IOException {
    return RecordedExtents.sequencesIn(
        history, segment, plan.disk(), plan.from().sequence(), plan.to().sequence());
  }

  /** How many there are. */
  public long count() {
    return count;
  }

  /** The first instant that can be asked for and contains one of them. */
  public Point with(long number) throws IOException {
    load(number);
    return history.firstWith(loaded[(int) (number - loadedFrom)]);
  }

  private void load(long number) throws IOException {
    if (number < loadedFrom || number >= loadedFrom + loaded.length) {
      Map.Entry<Long, HistorySegment> segment = segments.floorEntry(number);
      loadedFrom = segment.getKey();
      loaded = sequencesIn(segment.getValue());
    }
  }

  /** The last of them that an instant contains; -1 if none. */
  public long lastIn(Point instant) throws IOException {
    long last = -1;
    for (Map.Entry<Long, HistorySegment> each : segments.entrySet()) {
      HistorySegment segment = each.getValue();
      if (segment.index().firstSequence() > instant.sequence()) {
        break;
      }
      load(each.getKey());
      int found = Arrays.binarySearch(loaded, instant.sequence());
      last = each.getKey() + (found >= 0 ? found : -found - 2);
    }
    return last;
  }
}
