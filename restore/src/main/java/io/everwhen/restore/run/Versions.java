package io.everwhen.restore.run;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.EntryPlace;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.RecordedExtents;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the versions of a range of blocks, by the indexes alone; of each entry only its header is
 * read. One thread, as long as the history is open.
 */
public final class Versions {

  private final History history;
  private final Manifest.Disk disk;

  public Versions(History history, Manifest.Disk disk) {
    this.history = history;
    this.disk = disk;
  }

  /** Receives versions, the oldest first. */
  @FunctionalInterface
  public interface Receiver {
    void accept(Version version) throws IOException;
  }

  /**
   * Finds every entry that recorded any of a range, as far as it is left.
   *
   * @param after the last instant that does not count
   * @param upTo the last one that counts
   * @param from the first byte of the range
   * @param end one past its last byte
   * @return how many there are
   */
  public long find(Point after, Point upTo, long from, long end, Receiver receiver)
      throws IOException {
    long[] count = {0};
    RecordedExtents.visitInTime(
        history,
        disk,
        after.sequence(),
        upTo.sequence(),
        from,
        end,
        extent -> {
          count[0]++;
          receiver.accept(version(extent));
        });
    history.checkStillWithin(upTo.sequence());
    return count[0];
  }

  private Version version(RecordedExtents.Extent extent) throws IOException {
    EntryHeader entry = header(extent.entry());
    long sequence = extent.entry().sequence();
    Point at =
        entry != null && !entry.continues() && history.isKept(sequence)
            ? new Point(sequence, entry.timeNanos())
            : history.firstWith(sequence);
    return new Version(sequence, at, extent.offset(), extent.end() - extent.offset(), entry);
  }

  private static @Nullable EntryHeader header(EntryPlace place) throws IOException {
    try {
      return place.header();
    } catch (DamageException e) {
      return null;
    }
  }
}
