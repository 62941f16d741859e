package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.Cursor;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.SegmentAudit;
import io.everwhen.journal.log.UnsealedTail;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be asked of one group, as it stood when it was opened. Changes nothing, and
 * disturbs nobody.
 *
 * <p>While it is open, folding is put off if the volume's space allows. If it does not, what was
 * folded away meanwhile is refused, never guessed: see {@link #checkStillWithin}. One thread.
 */
public final class History implements Closeable {

  /** More entries than any single change has. */
  private static final int MAX_RUN_ENTRIES = 512;

  private static final int PIN_ATTEMPTS = 200;
  private static final long PIN_PAUSE_MILLIS = 5;

  private final JournalFiles files;
  private final Manifest manifest;
  private final List<HistorySegment> segments;
  private final @Nullable String tailDamage;
  private final @Nullable Closeable pin;
  private final EntryReader reader = new EntryReader();

  private History(
      JournalFiles files,
      Manifest manifest,
      List<HistorySegment> segments,
      @Nullable String tailDamage,
      @Nullable Closeable pin) {
    this.files = files;
    this.manifest = manifest;
    this.segments = segments;
    this.tailDamage = tailDamage;
    this.pin = pin;
  }

  /** Opens the history in a journal directory, whether or not a process is writing it. */
  public static History open(Storage storage) throws IOException {
    JournalFiles files = new JournalFiles(storage);
    Closeable pin = pin(storage);
    List<HistorySegment> segments = new ArrayList<>();
    boolean opened = false;
    try {
      // A segment may be sealed or folded while we look; then we look again.
      for (int attempt = 0; ; attempt++) {
        Manifest manifest = files.readManifest();
        try {
          Optional<String> tailDamage = load(files, manifest, segments);
          opened = true;
          return new History(files, manifest, segments, tailDamage.orElse(null), pin);
        } catch (NoSuchFileException e) {
          closeAll(segments);
          segments.clear();
          if (attempt == 20) {
            throw new DamageException("a file of the journal is missing: " + e.getMessage(), e);
          }
        }
      }
    } finally {
      if (!opened) {
        closeAll(segments);
        if (pin != null) {
          pin.close();
        }
      }
    }
  }

  /** Waits a moment for a fold that is going on; without a pin the next one may overtake us. */
  private static @Nullable Closeable pin(Storage storage) throws IOException {
    for (int attempt = 0; attempt < PIN_ATTEMPTS; attempt++) {
      Optional<Closeable> pin = storage.tryLock(FileNames.READER_LOCK, Storage.LockMode.SHARED);
      if (pin.isPresent()) {
        return pin.get();
      }
      try {
        Thread.sleep(PIN_PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    return null;
  }

  /** Finds the segments; tells of damage to the entries that are not sealed yet. */
  private static Optional<String> load(
      JournalFiles files, Manifest manifest, List<HistorySegment> into) throws IOException {
    long next = manifest.baseline().segment() + 1;
    NavigableSet<Long> sealed = files.indexNumbers();
    long lastSealed = sealed.isEmpty() ? next - 1 : sealed.last();
    for (; next <= lastSealed; next++) {
      SegmentIndex index = null;
      IOException damage = null;
      try {
        index = files.readIndex(manifest, next);
      } catch (FormatException | NoSuchFileException e) {
        if (files.readManifest().baseline().segment() >= next) {
          throw new NoSuchFileException(FileNames.index(next));
        }
        damage = e;
      }
      into.add(new HistorySegment(files, manifest, next, index, damage));
    }
    HistorySegment last = into.isEmpty() ? null : into.getLast();
    SegmentIndex lastIndex = last == null ? null : last.indexIfSound();
    long sequence = lastIndex == null ? manifest.baseline().sequence() : lastIndex.lastSequence();
    int chain = lastIndex == null ? manifest.baseline().chain() : lastIndex.lastChecksum();
    if (last != null && lastIndex == null) {
      return Optional.of(
          "without the index of segment " + lastSealed + " there is no telling how it goes on");
    }
    for (UnsealedTail tail : UnsealedTail.read(files, manifest, lastSealed, sequence, chain)) {
      into.add(new HistorySegment(files, manifest, tail));
    }
    return SegmentAudit.damageOfTail(files, manifest, lastSealed, sequence, chain);
  }

  /**
   * What is wrong behind the newest entry that can be read; empty when history is whole up to its
   * end.
   */
  public Optional<String> tailDamage() {
    return Optional.ofNullable(tailDamage);
  }

  private DamageException endsEarly() throws IOException {
    return new DamageException(
        "the history in %s ends in damage behind entry %d: %s. The disk as of the last sound entry is --at seq:%d"
            .formatted(
                files.storage().describe(), head().sequence(), tailDamage, head().sequence()));
  }

  /** The group's manifest when this was opened. */
  public Manifest manifest() {
    return manifest;
  }

  public Storage storage() {
    return files.storage();
  }

  /** The disk with this name. */
  public Optional<Manifest.Disk> disk(String name) {
    return manifest.disks().stream().filter(d -> d.name().equals(name)).findFirst();
  }

  /** The segments behind the baseline, oldest first. */
  public List<HistorySegment> segments() {
    return List.copyOf(segments);
  }

  /**
   * The first entry whose instant can be asked for; everything before is folded into the baseline.
   */
  public Point horizon() throws IOException {
    if (manifest.folding() != 0) {
      SegmentIndex folding = segments.getFirst().index();
      return new Point(folding.lastSequence(), folding.lastTimeNanos());
    }
    return new Point(manifest.baseline().sequence(), manifest.baseline().timeNanos());
  }

  /** The newest entry. */
  public Point head() throws IOException {
    if (segments.isEmpty()) {
      return horizon();
    }
    SegmentIndex last = segments.getLast().index();
    return new Point(last.lastSequence(), last.lastTimeNanos());
  }

  /**
   * A place on the timeline: an entry and its stamp.
   *
   * @param sequence of the entry; 0 for the empty disks at the very beginning
   * @param timeNanos its stamp, or when the group was made
   */
  public record Point(long sequence, long timeNanos) {}

  /**
   * The last change that was complete at {@code timeNanos}; empty when that is before the horizon.
   *
   * @throws DamageException when it may be an entry behind the newest that can be read
   */
  public Optional<Point> atTime(long timeNanos) throws IOException {
    if (timeNanos < horizon().timeNanos()) {
      return Optional.empty();
    }
    if (tailDamage != null && timeNanos >= head().timeNanos()) {
      throw endsEarly();
    }
    HistorySegment found = null;
    for (HistorySegment segment : segments) {
      if (segment.index().firstTimeNanos() > timeNanos) {
        break;
      }
      found = segment;
    }
    if (found == null) {
      return Optional.of(horizon());
    }
    return atSequence(found.lastSequenceAt(timeNanos));
  }

  /**
   * The last change that was complete at this entry; empty when it is before the horizon or after
   * the head. Inside a change of several entries, the one before it.
   */
  public Optional<Point> atSequence(long sequence) throws IOException {
    if (tailDamage != null && sequence > head().sequence()) {
      throw endsEarly();
    }
    if (sequence < horizon().sequence() || sequence > head().sequence()) {
      return Optional.empty();
    }
    for (HistorySegment segment : segments) {
      if (sequence <= segment.index().lastSequence()
          && sequence >= segment.index().firstSequence()) {
        return lastCompleteIn(segment, sequence);
      }
    }
    return Optional.of(horizon());
  }

  private Optional<Point> lastCompleteIn(HistorySegment segment, long sequence) throws IOException {
    SegmentIndex index = segment.index();
    Point complete = null;
    long from = Math.max(index.firstSequence(), sequence - MAX_RUN_ENTRIES);
    try (Cursor cursor = segment.cursorAt(index.placeAtOrBefore(from))) {
      long last = 0;
      while (last < sequence && cursor.advance()) {
        last = cursor.entry().sequence();
        complete = cursor.entry().continues() ? complete : point(cursor.entry());
      }
      if (last != sequence) {
        throw segment.damaged(null);
      }
    }
    return complete != null ? Optional.of(complete) : atSequence(index.firstSequence() - 1);
  }

  private static Point point(EntryHeader entry) {
    return new Point(entry.sequence(), entry.timeNanos());
  }

  /**
   * How large a disk was right after an entry, in bytes.
   *
   * @param sequence within the history
   */
  public long sizeBytesAt(Manifest.Disk disk, long sequence) throws IOException {
    long bytes = disk.sizeBytes();
    for (HistorySegment segment : segments) {
      if (segment.index().firstSequence() > sequence) {
        break;
      }
      for (HistorySegment.Resize resize : segment.resizes(reader)) {
        if (resize.disk() == disk.number() && resize.sequence() <= sequence) {
          bytes = resize.bytes();
        }
      }
    }
    return bytes;
  }

  /** Whether a size of this disk is among what is being folded into the baseline. */
  boolean resizesInBaseline(Manifest.Disk disk) throws IOException {
    return manifest.folding() != 0
        && segments.getFirst().resizes(reader).stream()
            .anyMatch(resize -> resize.disk() == disk.number());
  }

  /** For the entries of this history; it keeps the last one. */
  EntryReader reader() {
    return reader;
  }

  /**
   * A mark.
   *
   * @param name as it was given
   * @param point where it is
   */
  public record Mark(String name, Point point) {}

  /** All marks, oldest first. */
  public List<Mark> marks() throws IOException {
    List<Mark> marks = new ArrayList<>();
    for (HistorySegment segment : segments) {
      SegmentIndex index = segment.index();
      for (int i = 0; i < index.events(); i++) {
        try (Cursor cursor = segment.cursorAt(index.eventPlace(i))) {
          if (!cursor.advance()) {
            throw segment.damaged(null);
          }
          if (cursor.entry().kind() == EntryKind.MARK) {
            marks.add(
                new Mark(
                    StandardCharsets.UTF_8.decode(cursor.payload()).toString(),
                    point(cursor.entry())));
          }
        }
      }
    }
    return marks;
  }

  /** Receives entries in order; returns false to end the walk. */
  @FunctionalInterface
  public interface EntryVisitor {
    boolean visit(EntryHeader entry, java.nio.ByteBuffer payload) throws IOException;
  }

  /** Walks through the entries from {@code sequence} on. */
  public void visitFrom(long sequence, EntryVisitor visitor) throws IOException {
    for (HistorySegment segment : segments) {
      SegmentIndex index = segment.index();
      if (index.lastSequence() < sequence) {
        continue;
      }
      try (Cursor cursor =
          segment.cursorAt(index.placeAtOrBefore(Math.max(sequence, index.firstSequence())))) {
        long last = 0;
        while (last < index.lastSequence() && cursor.advance()) {
          last = cursor.entry().sequence();
          if (last >= sequence && !visitor.visit(cursor.entry(), cursor.payload())) {
            return;
          }
        }
        if (last != index.lastSequence()) {
          throw segment.damaged(null);
        }
      }
    }
  }

  /**
   * Reads the whole baseline of a disk.
   *
   * @throws DamageException when a part of it is not as it was written
   */
  public void checkBaseline(Manifest.Disk disk) throws IOException {
    try (PastView view = new PastView(this, disk, horizon().sequence())) {
      view.checkBaseline();
    }
  }

  /**
   * Checks that the baseline has not moved past {@code sequence} since this was opened: then
   * everything read so far as of that entry was right.
   */
  public void checkStillWithin(long sequence) throws IOException {
    Manifest now = files.readManifest();
    if (now.baseline().sequence() > sequence
        || (now.folding() != 0 && foldedPast(now.folding(), sequence))) {
      throw new DamageException(
          "history before entry %d was folded away for lack of space while it was being read; the horizon is later now"
              .formatted(now.baseline().sequence()));
    }
  }

  private boolean foldedPast(long segmentNumber, long sequence) throws IOException {
    for (HistorySegment segment : segments) {
      if (segment.number() == segmentNumber) {
        return segment.index().lastSequence() > sequence;
      }
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    try {
      closeAll(segments);
    } finally {
      if (pin != null) {
        pin.close();
      }
    }
  }

  private static void closeAll(List<HistorySegment> segments) throws IOException {
    for (HistorySegment segment : segments) {
      segment.close();
    }
  }
}
