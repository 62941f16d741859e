package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Kept;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.ThinnedSegment;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes through the segments of a thinned history once, from the newest to the oldest, and leaves
 * only the entries that a kept instant needs: one of which every sector is written again before the
 * next kept instant is deleted.
 *
 * <p>It knows from the indexes what is written again. Where it does not know, entries are left:
 * that costs space, and nothing else. One thread.
 */
final class Coalescer {

  private static final Logger log = LoggerFactory.getLogger(Coalescer.class);

  /** A segment is copied when that gives back at least this part of it. */
  private static final int WORTH_COPYING = 8;

  private final JournalFiles files;
  private final Kept kept;
  private final long fromSequence;
  private final Coverage coverage = new Coverage();

  private long next;
  private long windowStart = Long.MAX_VALUE;
  private @Nullable BitSet superseded;

  /**
   * For one turn.
   *
   * @param kept which is durable
   * @param lastSegment the one that ends with the last kept instant
   * @param fromSequence what ends at or before this entry was gone through before
   */
  Coalescer(JournalFiles files, Kept kept, long lastSegment, long fromSequence) {
    this.files = files;
    this.kept = kept;
    this.next = lastSegment;
    this.fromSequence = fromSequence;
  }

  /** Entries up to this one were gone through before. */
  long fromSequence() {
    return fromSequence;
  }

  /** What came of a step. */
  enum Step {
    /** There was nothing to do for a segment. */
    PASSED,
    /** A segment was thinned. */
    THINNED,
    /** It cannot be done now, because somebody reads, or there is no room; later it may be. */
    WAITING,
    /** All segments were gone through. */
    DONE
  }

  /**
   * Goes through the next segment.
   *
   * @param salt for a new file, never used before
   */
  Step step(Manifest manifest, long salt, long nowNanos, Thinner.Discarder discarder)
      throws IOException {
    if (next <= manifest.baseline().segment()) {
      return Step.DONE;
    }
    SegmentIndex index;
    try {
      index = files.readIndex(manifest, next);
    } catch (FormatException | NoSuchFileException e) {
      log.warn("segment {} is not thinned: {}", next, e.getMessage());
      return passed();
    }
    if (index.lastSequence() <= fromSequence) {
      return Step.DONE;
    }
    BitSet lost = superseded;
    if (lost == null) {
      lost = findSuperseded(index);
      superseded = lost;
    }
    if (gain(index, lost) < index.dataLength() / WORTH_COPYING || lost.isEmpty()) {
      return passed();
    }
    try {
      return thin(manifest, index, lost, salt, nowNanos, discarder)
          ? passedThinned()
          : Step.WAITING;
    } catch (NoSpaceException e) {
      log.debug("thinning segment {} has to wait: {}", next, e.getMessage());
      return Step.WAITING;
    } catch (DamageException e) {
      log.warn("segment {} is not thinned: {}", next, e.getMessage());
      return passed();
    }
  }

  private Step passedThinned() {
    passed();
    return Step.THINNED;
  }

  private Step passed() {
    next--;
    superseded = null;
    return Step.PASSED;
  }

  /**
   * The entries of a segment that no kept instant needs, by their sequence minus the first. It must
   * be asked of the segments in descending order.
   */
  private BitSet findSuperseded(SegmentIndex index) {
    BitSet lost = new BitSet();
    long[] oldestFirst =
        IntStream.range(0, index.extents())
            .mapToLong(i -> (index.extentSequence(i) - index.firstSequence()) << Integer.SIZE | i)
            .sorted()
            .toArray();
    BitSet resizes = resizes(index);
    for (int i = oldestFirst.length - 1; i >= 0; i--) {
      int extent = (int) oldestFirst[i];
      long sequence = index.extentSequence(extent);
      if (sequence <= windowStart) {
        Map.Entry<Long, Kept.Instant> before = kept.instants().lowerEntry(sequence);
        windowStart = before == null ? 0 : before.getKey();
        coverage.clear();
      }
      int at = (int) (sequence - index.firstSequence());
      if (sequence <= kept.end() && coverage.covers(index, extent) && !resizes.get(at)) {
        lost.set(at);
      }
      coverage.add(index, extent);
    }
    return lost;
  }

  private static BitSet resizes(SegmentIndex index) {
    BitSet resizes = new BitSet();
    for (int i = 0; i < index.events(); i++) {
      if (index.eventResizes(i)) {
        resizes.set((int) (index.eventSequence(i) - index.firstSequence()));
      }
    }
    return resizes;
  }

  private static long gain(SegmentIndex index, BitSet lost) {
    long bytes = 0;
    for (int i = 0; i < index.extents(); i++) {
      if (lost.get((int) (index.extentSequence(i) - index.firstSequence()))) {
        int payload = index.extentZeroes(i) ? 0 : (int) index.extentLength(i);
        bytes += EntryHeader.storedBytes(payload);
      }
    }
    return bytes;
  }

  private boolean thin(
      Manifest manifest,
      SegmentIndex index,
      BitSet lost,
      long salt,
      long nowNanos,
      Thinner.Discarder discarder)
      throws IOException {
    long needed = index.dataLength() - gain(index, lost) + index.encoded().limit();
    if (isRead() || files.storage().usableBytes() < needed) {
      return false;
    }
    // Nobody has to wait for the copy: until its index is in place, it is nothing to a reader.
    SegmentIndex thinned =
        ThinnedSegment.copy(
            files,
            manifest,
            index,
            entry -> survives(entry, lost, index.firstSequence()),
            kept.turn(),
            salt,
            nowNanos,
            Pace.UNBOUNDED);
    Optional<Closeable> unread = lockOutReaders();
    if (unread.isEmpty()) {
      files.storage().delete(JournalFiles.segmentName(thinned));
      return false;
    }
    try (Closeable _ = unread.get()) {
      ThinnedSegment.commit(files, thinned);
      discarder.discard(index, true);
    } catch (NoSpaceException e) {
      if (files.readIndex(manifest, index.segment()).salt() != salt) {
        files.storage().delete(JournalFiles.segmentName(thinned));
      }
      throw e;
    }
    return true;
  }

  private boolean isRead() throws IOException {
    Optional<Closeable> unread = lockOutReaders();
    if (unread.isPresent()) {
      unread.get().close();
    }
    return unread.isEmpty();
  }

  private Optional<Closeable> lockOutReaders() throws IOException {
    return files.storage().tryLock(FileNames.READER_LOCK, Storage.LockMode.EXCLUSIVE);
  }

  private boolean survives(EntryHeader entry, BitSet lost, long firstSequence) {
    boolean namesAnInstant = entry.kind() == EntryKind.FLUSH || entry.kind() == EntryKind.MARK;
    return namesAnInstant
        ? kept.instants().containsKey(entry.sequence())
        : !lost.get((int) (entry.sequence() - firstSequence));
  }
}
