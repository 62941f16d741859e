package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.GapNote;
import io.everwhen.journal.format.Kept;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.Unrecorded;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.Cursor;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.payload.Keyring;
import io.everwhen.journal.payload.PayloadDecoder;
import io.everwhen.journal.payload.Secret;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be asked of one group, as it stood when it was opened. Changes nothing, and
 * disturbs nobody.
 *
 * <p>While it is open, folding is put off if the volume's space allows. If it does not, what was
 * folded away meanwhile is refused, never guessed: see {@link #checkStillWithin}. One thread, but
 * several {@link PastView}s of it may be read side by side.
 */
public final class History implements Closeable {

  private static final int PIN_ATTEMPTS = 200;
  private static final long PIN_PAUSE_MILLIS = 5;

  private final JournalFiles files;
  private final Manifest manifest;
  private final Kept kept;
  private final FoundSegments found;
  private final Proofs proofs;
  private final List<HistorySegment> segments;
  private final List<Hole> holes;
  private final @Nullable String tailDamage;
  private final @Nullable OriginView origin;
  private @Nullable Closeable pin;
  private final Instants instants;
  private final EntryReader reader;
  private final PayloadDecoder decoder;
  private final @Nullable Keyring keys;
  private final Rewinds rewinds;
  private final Map<Integer, RegionMap> regions = new HashMap<>();

  private History(
      JournalFiles files,
      Manifest manifest,
      Kept kept,
      FoundSegments found,
      Proofs proofs,
      @Nullable Closeable pin,
      @Nullable Keyring keys,
      @Nullable OriginView origin,
      @Nullable GapNote gap)
      throws IOException {
    this.files = files;
    this.keys = keys;
    this.origin = origin;
    this.reader = newReader();
    this.decoder = new PayloadDecoder(keys);
    this.manifest = manifest;
    this.kept = kept;
    this.found = found;
    this.proofs = proofs;
    this.segments = found.segments;
    this.holes = found.holes;
    this.tailDamage = found.tailDamage;
    this.pin = pin;
    this.instants = new Instants(this, kept, segments);
    this.rewinds = Rewinds.in(segments, manifest.disks().size(), reader, gap);
  }

  /**
   * Opens the history in a journal directory, whether or not a process is writing it. Of what is
   * encrypted everything can be asked for but the content.
   */
  public static History open(Storage storage) throws IOException {
    return open(storage, null);
  }

  /**
   * Opens the history in a journal directory.
   *
   * @param secret of an encrypted one; not used for one that is not
   * @throws io.everwhen.journal.payload.KeyException when it is the wrong one
   */
  public static History open(Storage storage, @Nullable Secret secret) throws IOException {
    JournalFiles files = new JournalFiles(storage);
    Closeable pin = pin(storage);
    boolean opened = false;
    try {
      // A segment may be sealed or folded while we look; then we look again.
      for (int attempt = 0; ; attempt++) {
        Manifest manifest = files.readManifest();
        Keyring keys =
            secret == null || !manifest.encrypts() ? null : files.openKeys(manifest, secret);
        try {
          // Before what it speaks of is looked for: a journal only gets longer.
          Proofs proofs = Proofs.in(files);
          Kept kept = files.readKept(manifest);
          FoundSegments found = FoundSegments.in(files, manifest);
          Manifest.Origin from = manifest.origin();
          OriginView origin = from == null ? null : new OriginView(storage, from, secret);
          GapNote gap = readGap(files, manifest, found);
          opened = true;
          return new History(files, manifest, kept, found, proofs, pin, keys, origin, gap);
        } catch (NoSuchFileException e) {
          if (attempt == 20) {
            throw new DamageException("a file of the journal is missing: " + e.getMessage(), e);
          }
        }
      }
    } finally {
      if (!opened && pin != null) {
        pin.close();
      }
    }
  }

  /** After what was found: a note says that more than that is not there. */
  private static @Nullable GapNote readGap(
      JournalFiles files, Manifest manifest, FoundSegments found) throws IOException {
    try {
      return files.readGap(manifest).orElse(null);
    } catch (IOException e) {
      try (found) {
        throw e;
      }
    }
  }

  /** What its sealed segments can be proven by, as it was when this was opened. */
  public Proofs proofs() {
    return proofs;
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

  /** Entries that nobody can tell anything about, oldest first. */
  public List<Hole> holes() {
    return List.copyOf(holes);
  }

  /**
   * Whether the disks as of this entry can be asked for: it was not thinned away, nor was, while a
   * disk was being rewound, what it went back to.
   */
  public boolean isKept(long sequence) {
    return kept.has(sequence)
        && (rewinds.none()
            || rewinds.isWhole(sequence, past -> past >= folded() && kept.has(past)));
  }

  /** The last entry that is, or is being, folded into the baseline. */
  private long folded() {
    return manifest.folding() != 0 && !segments.isEmpty()
        ? segments.getFirst().index().lastSequence()
        : manifest.baseline().sequence();
  }

  /**
   * The entry from which on this instant's content is there without an earlier one's: while a disk
   * is being filled in after a rewind, it is not. Empty when it is so already.
   */
  public Optional<Point> wholeFrom(long sequence) {
    return rewinds.filledInAfter(sequence);
  }

  /**
   * The oldest instant without which one could not be asked for any more: while a disk was being
   * filled in after a rewind, an earlier one than itself.
   */
  public long oldestNeededBy(long sequence) {
    return rewinds.oldestNeededBy(sequence);
  }

  /**
   * The entry after which everything was recorded that can make a disk as of one entry differ from
   * what it was as of another: it comes before the earlier of them where, while the disk was being
   * filled in after a rewind, one of them goes back further.
   */
  public long differsAfter(Manifest.Disk disk, long from, long to) {
    return Stream.of(from, to)
        .flatMap(sequence -> rewinds.windows(disk.number(), sequence).stream())
        .flatMap(windows -> windows.stream().skip(1))
        .mapToLong(Rewinds.Window::upTo)
        .reduce(Math.min(from, to), Math::min);
  }

  /**
   * A stretch of the timeline in which changes were not recorded, because the journal had no room.
   *
   * @param after the last entry before it
   * @param sinceNanos when it began, by the wall clock
   * @param end the first entry whose instant can be asked for again; the greatest numbers while
   *     there is none
   */
  public record Gap(long after, long sinceNanos, Point end) {

    /** Whether it has not ended. */
    public boolean isOpen() {
      return end.sequence() == Long.MAX_VALUE;
    }
  }

  /** The gap that is open, as entries say; empty when there is none, or no entry since it began. */
  public Optional<Unrecorded> unrecorded() {
    return Optional.ofNullable(rewinds.unrecorded());
  }

  /** Whether every entry can be read that may say that a gap begins, or is over. */
  public boolean knowsGaps() {
    return rewinds.areKnown();
  }

  /** What was not recorded, oldest first. */
  public List<Gap> gaps() {
    return rewinds.gaps();
  }

  /** The instants that disks were rewound to, or are before a gap, and that are still there. */
  List<Point> rewoundTo() throws IOException {
    List<Point> points = new ArrayList<>();
    for (long sequence : rewinds.targets()) {
      atSequence(sequence).filter(point -> point.sequence() == sequence).ifPresent(points::add);
    }
    return points;
  }

  /** What was rewound. */
  Rewinds rewinds() {
    return rewinds;
  }

  /** Refuses an instant of which nobody knows what was recorded before it. */
  void checkKnown(long sequence) throws IOException {
    if (!holes.isEmpty() && holes.getFirst().fromSequence() <= sequence) {
      throw unknown(holes.getFirst());
    }
  }

  /** That nobody knows what was recorded there. */
  LossException unknown(Hole hole) throws IOException {
    Damage damage = new DamageSurvey(this).of(hole);
    return new LossException(damage.where() + " is damaged: " + damage.what(), null, damage.lost());
  }

  /**
   * What is wrong behind the newest entry that can be read; empty when history is whole up to its
   * end.
   */
  public Optional<String> tailDamage() {
    return Optional.ofNullable(tailDamage);
  }

  /** That what is asked for may be behind the newest entry that can be read. */
  DamageException endsEarly() throws IOException {
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
   * The first entry whose instant can be asked for; everything before is folded into the baseline,
   * or was thinned.
   */
  public Point horizon() throws IOException {
    Point first = keptFrom(baselinePoint());
    while (!isKept(first.sequence())) {
      Optional<Point> whole = wholeFrom(first.sequence());
      if (whole.isEmpty() || whole.get().sequence() > segments.getLast().index().lastSequence()) {
        break;
      }
      first = keptFrom(whole.get());
    }
    return first;
  }

  private Point keptFrom(Point point) {
    return kept.has(point.sequence()) ? point : Instants.point(kept.atOrAfter(point.sequence()));
  }

  /** The end of what is folded, or is being folded, into the baseline. */
  private Point baselinePoint() throws IOException {
    if (manifest.folding() != 0) {
      SegmentIndex folding = folding();
      return new Point(folding.lastSequence(), folding.lastTimeNanos());
    }
    return new Point(manifest.baseline().sequence(), manifest.baseline().timeNanos());
  }

  /**
   * Where thinning ends: before it, only some instants can be asked for; the horizon when nothing
   * behind it was thinned.
   */
  public Point thinnedUpTo() throws IOException {
    Point horizon = horizon();
    return kept.end() <= horizon.sequence() ? horizon : new Point(kept.end(), kept.endTimeNanos());
  }

  /** The instants up to {@link #thinnedUpTo} that can be asked for, ascending. */
  public List<Point> keptInstants() throws IOException {
    List<Point> instants = new ArrayList<>();
    Point horizon = horizon();
    if (kept.end() > horizon.sequence()) {
      instants.add(horizon);
      kept.instants().tailMap(horizon.sequence(), false).entrySet().stream()
          .map(Instants::point)
          .forEach(instants::add);
    }
    return instants;
  }

  /** The segment that is being folded into the baseline. */
  SegmentIndex folding() throws DamageException {
    if (segments.isEmpty() || segments.getFirst().number() != manifest.folding()) {
      throw new DamageException(
          "segment %d in %s is damaged or missing, and a part of it is in the baseline already"
              .formatted(manifest.folding(), files.storage().describe()));
    }
    return segments.getFirst().index();
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
   * The last change that was complete at {@code timeNanos}, or where history was thinned, the last
   * that was kept; empty when that is before the horizon.
   *
   * @throws DamageException when it may be an entry behind the newest that can be read
   */
  public Optional<Point> atTime(long timeNanos) throws IOException {
    return instants.atTime(timeNanos);
  }

  /**
   * The last change that was complete at this entry; empty when it is before the horizon or after
   * the head. Inside a change of several entries, the one before it; where history was thinned, the
   * last that was kept.
   */
  public Optional<Point> atSequence(long sequence) throws IOException {
    return instants.atSequence(sequence);
  }

  /**
   * The next instant that was kept, where history was thinned; empty where every one can be had.
   */
  public Optional<Point> keptAfter(long sequence) throws IOException {
    return instants.keptAfter(sequence);
  }

  /**
   * The first instant that can be asked for and contains an entry; where damage hides it, a later
   * one.
   *
   * @param sequence within the history
   */
  public Point firstWith(long sequence) throws IOException {
    return sequence <= horizon().sequence() ? horizon() : instants.pointAtOrAfter(sequence);
  }

  /** Finds instants. */
  Instants instants() {
    return instants;
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
      for (HistorySegment.Resize resize : resizesOf(segment)) {
        if (resize.disk() == disk.number() && resize.sequence() <= sequence) {
          bytes = resize.bytes();
        }
      }
    }
    return bytes;
  }

  private List<HistorySegment.Resize> resizesOf(HistorySegment segment) throws IOException {
    try {
      return segment.resizes(reader);
    } catch (DamageException e) {
      throw new LossException(
          String.valueOf(e.getMessage()),
          e,
          new Losses(this).addAllFrom(segment.index().firstSequence()).lost());
    }
  }

  /** Whether a size of this disk is among what is being folded into the baseline. */
  boolean resizesInBaseline(Manifest.Disk disk) throws IOException {
    return manifest.folding() != 0
        && folding().segment() == manifest.folding()
        && segments.getFirst().resizes(reader).stream()
            .anyMatch(resize -> resize.disk() == disk.number());
  }

  /** Where a disk's content is, for all views of it. */
  synchronized RegionMap regions(Manifest.Disk disk) {
    return regions.computeIfAbsent(
        disk.number(), number -> new RegionMap(segments, number, disk.sizeBytes()));
  }

  /** One more reader of the entries of this history; it keeps the last one. */
  EntryReader newReader() {
    return new EntryReader(keys);
  }

  /**
   * Whether folding and thinning wait while this is open. They do not when one of them was going on
   * for so long that opening did not wait for it any more.
   */
  public boolean isPinned() {
    return pin != null;
  }

  /** Lets folding and thinning go on while this is open; then what is read may not be there. */
  void unpin() throws IOException {
    try (Closeable _ = pin) {
      pin = null;
    }
  }

  /** What the disk of a branch holds where nothing was recorded; null for any other group. */
  @Nullable OriginView origin() {
    return origin;
  }

  /**
   * The instants that are held against retention at present, by sequence.
   *
   * @throws FormatException when nobody can tell
   */
  public List<Pins.Pin> pins() throws IOException {
    return files.readPins(manifest).pins();
  }

  /** The marks. */
  public Marks marks() throws IOException {
    return Marks.in(this);
  }

  /**
   * Receives entries in order, with their payloads as they are stored; returns false to end the
   * walk.
   */
  @FunctionalInterface
  public interface EntryVisitor {
    boolean visit(EntryHeader entry, ByteBuffer payload) throws IOException;
  }

  /**
   * Walks through the entries from {@code sequence} on; where history was thinned, some are gone.
   */
  public void visitFrom(long sequence, EntryVisitor visitor) throws IOException {
    for (HistorySegment segment : segments) {
      SegmentIndex index = segment.index();
      if (index.lastSequence() < sequence) {
        continue;
      }
      for (Hole hole : holes) {
        if (hole.fromSequence() >= sequence && hole.fromSequence() < index.firstSequence()) {
          throw unknown(hole);
        }
      }
      try (Cursor cursor =
          segment.cursorAt(index.placeAtOrBefore(Math.max(sequence, index.firstSequence())))) {
        while (cursor.advance()) {
          if (cursor.entry().sequence() >= sequence
              && !visitor.visit(cursor.entry(), cursor.payload())) {
            return;
          }
        }
        if (cursor.end() != index.dataLength()) {
          throw segment.damaged(null);
        }
      }
    }
  }

  /**
   * The content of an entry's payload; valid until the next call.
   *
   * @param stored as {@link #visitFrom} gives it
   */
  public ByteBuffer content(EntryHeader entry, ByteBuffer stored) throws IOException {
    return decoder.decode(entry, stored);
  }

  /** What reading a mapped file throws when the volume fails it. */
  IOException unreadable(InternalError cause) {
    return new IOException(
        "an index in %s cannot be read any more".formatted(storage().describe()), cause);
  }

  String baselinePath(Manifest.Disk disk) {
    return files.storage().describe() + "/" + FileNames.baseline(disk.number());
  }

  /**
   * Checks that the baseline has not moved past {@code sequence} since this was opened, and that it
   * was not thinned away: then everything read so far as of that entry was right.
   */
  public void checkStillWithin(long sequence) throws IOException {
    checkNotFolded(sequence);
    Kept keptNow = files.readKept(manifest);
    if (!keptNow.has(sequence)) {
      throw new DamageException(
          "the instant of entry %d was thinned away while it was being read".formatted(sequence));
    }
  }

  /**
   * Checks that the baseline has not moved past {@code sequence} since this was opened: what was
   * read so far as of that entry was right, if this is pinned, because then nothing is thinned.
   */
  public void checkNotFolded(long sequence) throws IOException {
    Manifest now = files.readManifest();
    if (now.baseline().sequence() > sequence
        || (now.folding() != 0 && foldedPast(now.folding(), sequence))) {
      throw new DamageException(
          "history before entry %d was folded away for lack of space while it was being read; the horizon is later now"
              .formatted(now.baseline().sequence()));
    }
  }

  /**
   * Whether anything was folded into the baseline since this was opened, or a branch was given one
   * of its own: then files may be gone that it needs, and a history that is opened now does without
   * them.
   */
  public boolean isOutdated() throws IOException {
    Manifest now = files.readManifest();
    return now.folding() != manifest.folding()
        || !now.baseline().equals(manifest.baseline())
        || !Objects.equals(now.origin(), manifest.origin());
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
    try (Closeable _ = pin;
        OriginView _ = origin;
        FoundSegments _ = found) {
      regions.values().forEach(RegionMap::close);
    }
  }
}
