package io.everwhen.journal;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;

/**
 * Keeps the time stamps of a group's signed heads: every one of a segment from the baseline's on,
 * since the oldest stamp of an entry says most of it; when there are too many, every other one of
 * the older half goes. Synchronized by whoever maintains the group.
 */
final class StampKeeper {

  /** Hourly stamps of eight days, and ever fewer of the time before. */
  static final int STAMPS_MAX = 256;

  private final JournalFiles files;

  StampKeeper(JournalFiles files) {
    this.files = files;
  }

  /** Whether the head that names a segment is stamped. */
  boolean has(long segment) throws IOException {
    return files.storage().exists(FileNames.stamp(segment));
  }

  /** The newest one that can be read. */
  Optional<StampedHead> newest() throws IOException {
    for (long number : files.stampNumbers().descendingSet()) {
      try {
        return Optional.of(files.readStamp(number));
      } catch (FormatException | NoSuchFileException e) {
        // Verifying tells of it; the one before will do.
      }
    }
    return Optional.empty();
  }

  /**
   * Keeps another one, and deletes those that are of no use any more; durable when it returns.
   *
   * @param baselineSegment the last segment that was folded
   */
  void keep(StampedHead stamp, long baselineSegment) throws IOException {
    files.writeStamp(stamp);
    for (long number : useless(files.stampNumbers(), baselineSegment)) {
      files.storage().delete(FileNames.stamp(number));
    }
  }

  private static List<Long> useless(NavigableSet<Long> stamps, long baselineSegment) {
    List<Long> useless = new ArrayList<>(stamps.headSet(baselineSegment, false));
    List<Long> useful = new ArrayList<>(stamps.tailSet(baselineSegment, true));
    if (useful.size() > STAMPS_MAX) {
      for (int i = 1; i < useful.size() / 2; i += 2) {
        useless.add(useful.get(i));
      }
    }
    return useless;
  }
}
