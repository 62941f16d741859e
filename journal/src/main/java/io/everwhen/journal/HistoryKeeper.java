package io.everwhen.journal;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Kept;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.Folder;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.history.Thinner;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.payload.Keyring;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives up what is too old or too much of a group's history: thins it as it gets older, and folds
 * the oldest segment into the baseline, but for what is pinned or needed. Called by one thread at a
 * time, who maintains the group; what tells something is for any.
 */
final class HistoryKeeper {

  private static final Logger log = LoggerFactory.getLogger(HistoryKeeper.class);

  /** By how much the history may exceed its size for a while. */
  private static final int SLACK_SEGMENTS = 3;

  private final JournalFiles files;
  private final ManifestKeeper manifest;
  private final long segmentBytes;
  private final @Nullable Keyring keys;
  private final Journal journal;
  private final ImageKeeper images;
  private final Rewinder rewinder;
  private final Unprotected unprotected;
  private final Ending ending;
  private final Thinner thinner;
  private final PinKeeper pins;

  private @Nullable SegmentIndex oldest;

  private volatile long foldedSequence;
  private volatile long journalBytes;
  private volatile long historyBytes;
  private volatile @Nullable String thinningProblem;
  private volatile @Nullable String pinsTakeRoom;
  private volatile @Nullable String branchFull;

  /** For a group that is open, with everything folded that was begun to be. */
  HistoryKeeper(
      JournalFiles files,
      ManifestKeeper manifest,
      GroupOptions options,
      @Nullable Keyring keys,
      Journal journal,
      ImageKeeper images,
      Rewinder rewinder,
      Unprotected unprotected,
      Ending ending,
      Thinner thinner)
      throws IOException {
    this.files = files;
    this.manifest = manifest;
    this.segmentBytes = options.journal().segmentBytes();
    this.keys = keys;
    this.journal = journal;
    this.images = images;
    this.rewinder = rewinder;
    this.unprotected = unprotected;
    this.ending = ending;
    this.thinner = thinner;
    this.pins = new PinKeeper(files, manifest.current());
    this.foldedSequence = manifest.current().baseline().sequence();
    this.historyBytes = options.historyBytes();
    measure();
  }

  /**
   * Goes on with a fold that was interrupted, before the journal is opened; without room for it,
   * the next one will.
   *
   * @return the manifest then
   */
  static Manifest finishFolding(JournalFiles files, Manifest manifest, @Nullable Keyring keys)
      throws IOException {
    if (manifest.folding() == 0) {
      return manifest;
    }
    try {
      return new Folder(files, keys).fold(manifest, () -> false).orElse(manifest);
    } catch (NoSpaceException e) {
      log.warn("folding segment {} has to wait: {}", manifest.folding(), e.getMessage());
      return manifest;
    }
  }

  /** Bytes of all segments and their indexes. */
  long journalBytes() {
    return journalBytes;
  }

  /** How many of them are kept before the oldest segment is folded. */
  long historyBytes() {
    return historyBytes;
  }

  /** By how many of them there may be more for a while. */
  long slackBytes() {
    return SLACK_SEGMENTS * segmentBytes;
  }

  /** Whether there are even more. */
  boolean exceedsSlack() {
    return journalBytes > historyBytes + slackBytes();
  }

  /** Keeps another amount from now on. */
  void keep(long bytes) {
    historyBytes = bytes;
  }

  /** Follows another policy for what gets old; null for none. */
  void retain(@Nullable Retention policy) {
    thinner.follow(policy);
  }

  /** Which instants are kept where it was thinned. */
  Kept kept() {
    return thinner.kept();
  }

  /**
   * The entry up to which the baseline may hold changes by now, or in a moment; said before any of
   * them is in it.
   */
  long foldedSequence() {
    return foldedSequence;
  }

  /** Why a branch takes no changes; null when it does. */
  @Nullable String branchFull() {
    return branchFull;
  }

  /** It is no branch any more. */
  void branchEnded() {
    branchFull = null;
  }

  /** What keeps from giving up what should be; null when nothing does. */
  @Nullable String problem() {
    return Stream.of(pins.problem(), pinsTakeRoom, thinningProblem)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Which instants are held against retention; null when nobody can tell. */
  @Nullable Pins pins() {
    return pins.pins();
  }

  /** Refuses a name that there is, and one too many. */
  void checkCanPin(String name) throws IOException {
    pins.checkCanPin(name);
  }

  /**
   * Holds an instant against retention; durable when it returns.
   *
   * @throws PinException when it is not there, or was thinned away, or there is one of that name
   */
  void pin(Pin pin) throws IOException {
    try (History history = History.open(files.storage())) {
      Optional<Point> whole = history.wholeFrom(pin.sequence());
      if (whole.isPresent()) {
        throw new PinException(
            "at entry %d a disk was being filled in, after a rewind or a gap, and needs an earlier instant%s"
                .formatted(
                    pin.sequence(),
                    whole.get().sequence() == Long.MAX_VALUE
                        ? "; wait until that is done"
                        : "; from seq:" + whole.get().sequence() + " on it does not"));
      }
    }
    if (pin.sequence() < manifest.current().baseline().sequence()
        || pin.sequence() > journal.durableSequence()
        || !thinner.kept().has(pin.sequence())) {
      throw new PinException(
          "the instant of entry %d is not there any more, or not yet".formatted(pin.sequence()));
    }
    pins.pin(pin);
  }

  /** Lets an instant go that was held; durable when it returns. */
  void unpin(String name) throws IOException {
    pins.unpin(name);
  }

  /** Deletes a little of what is too old to be kept whole; whether there was anything. */
  boolean thin() throws IOException {
    Pins held = pins.pins();
    if (held == null || rewinder.needsAny() || unprotected.isOn()) {
      return false;
    }
    boolean urgent = journalBytes > historyBytes;
    boolean worked =
        thinner.step(
            manifest.current(), held, images.appliedSequence(), urgent, this::discardThinned);
    thinningProblem = thinner.problem();
    return worked;
  }

  private void discardThinned(SegmentIndex index, boolean unread) throws IOException {
    journal.discard(index, unread);
    measure();
  }

  /**
   * Where pins keep from folding what there is no room for, or this is a branch, thins it to
   * nothing but them and what the disks hold now.
   */
  boolean thinAroundPins() throws IOException {
    Pins held = pins.pins();
    long excess = journalBytes - historyBytes;
    boolean branch = manifest.current().origin() != null;
    if (excess <= 0 || held == null || unprotected.isOn() || !(branch || oldestIsPinned())) {
      pinsTakeRoom = null;
      branchFull = null;
      return false;
    }
    if (thinner.squeeze(
        manifest.current(), images.appliedSequence(), Math.max(2 * excess, historyBytes / 8))) {
      return true;
    }
    String name = manifest.current().disks().getFirst().name();
    branchFull =
        exceedsSlack() && branch
            ? "%s is a branch, and what was changed in it does not fit into its journal in %s. 'everwhen close %s --keep' makes it a disk of its own; or let its journal be larger"
                .formatted(name, files.storage().describe(), name)
            : null;
    pinsTakeRoom =
        exceedsSlack() && !branch
            ? "%d KiB of the journal in %s are too much and cannot be given up because of %d snapshots. Delete the oldest ('everwhen snapshot list'), or let the journal be larger"
                .formatted(excess >> 10, files.storage().describe(), held.pins().size())
            : null;
    return false;
  }

  private boolean oldestIsPinned() throws IOException {
    long number = oldestSegment();
    return files.storage().exists(FileNames.index(number))
        && pins.holdsBefore(files.readIndex(manifest.current(), number).lastSequence());
  }

  private long oldestSegment() {
    return manifest.current().baseline().segment() + 1;
  }

  /**
   * Whether the oldest segment is to be folded.
   *
   * @param thinning whether thinning goes on, and may make the room that is needed
   */
  boolean isOldestTooMuch(boolean thinning) throws IOException {
    long mayWait = thinning ? 2 * segmentBytes : 0;
    if (journalBytes > historyBytes + mayWait) {
      return true;
    }
    if (!thinner.hasPolicy()) {
      return false;
    }
    long number = oldestSegment();
    SegmentIndex index = oldest;
    if (index == null || index.segment() != number) {
      if (!files.storage().exists(FileNames.index(number))) {
        return false;
      }
      index = files.readIndex(manifest.current(), number);
      oldest = index;
    }
    return thinner.hasExpired(index.lastTimeNanos());
  }

  /**
   * Folds the oldest segment, if nothing needs it; whether it did.
   *
   * @param evenIfRead whether readers of history may be cut off
   */
  boolean fold(boolean evenIfRead) throws IOException {
    long number = oldestSegment();
    // What is a branch's own stands in its journal.
    if (manifest.current().origin() != null || !files.storage().exists(FileNames.index(number))) {
      return false;
    }
    SegmentIndex index = files.readIndex(manifest.current(), number);
    if (index.lastSequence() > images.appliedSequence()
        || pins.holdsBefore(index.lastSequence())
        || rewinder.oldestNeeded() < index.lastSequence()
        || unprotected.oldestNeeded() < index.lastSequence()) {
      return false;
    }
    Folder folder = new Folder(files, keys);
    if (files.storage().usableBytes() < folder.bytesNeeded(manifest.current())) {
      return false;
    }
    Optional<Closeable> readers =
        files.storage().tryLock(FileNames.READER_LOCK, Storage.LockMode.EXCLUSIVE);
    if (readers.isEmpty() && !evenIfRead) {
      return false;
    }
    try (Closeable _ = readers.orElse(() -> {})) {
      foldedSequence = index.lastSequence();
      Optional<Manifest> folded = folder.fold(manifest.current(), ending::late);
      if (folded.isEmpty()) {
        return false;
      }
      manifest.written(folded.get());
      journal.discard(index, readers.isPresent());
    } catch (NoSpaceException e) {
      log.warn("folding segment {} has to wait: {}", number, e.getMessage());
      return false;
    }
    log.debug("folded segment {}", number);
    measure();
    return true;
  }

  /** Asks for the size of every file, so it is only called when files have come or gone. */
  void measure() throws IOException {
    long bytes = 0;
    for (String name : files.storage().list()) {
      if (FileNames.segmentNumber(name).isPresent()
          || FileNames.thinnedNumber(name).isPresent()
          || FileNames.indexNumber(name).isPresent()) {
        try {
          bytes += files.storage().size(name);
        } catch (NoSuchFileException e) {
          // Folded or renamed between the two calls.
        }
      }
    }
    journalBytes = bytes;
  }
}
