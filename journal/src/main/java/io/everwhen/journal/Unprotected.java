package io.everwhen.journal;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.GapNote;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Unrecorded;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.OriginView;
import io.everwhen.journal.image.Backfill;
import io.everwhen.journal.image.LiveDisks;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.payload.Secret;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the disks of a group go on without the journal while that has no room, where this is wanted:
 * changes go into the images alone, and when there is room again, what they left is written to the
 * journal. In between no instant can be asked for.
 *
 * <p>A note is durable before the first such change, so that an opening after a crash compares the
 * images with what is recorded. By whoever maintains the group; any thread may ask.
 */
final class Unprotected implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Unprotected.class);

  /** How many segments there has to be room for before changes are recorded again. */
  private static final int SEGMENTS = 4;

  /** How much is recorded before other maintenance has its turn. */
  private static final long TURN_BYTES = 8L << 20;

  private static final long TRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long NONE = Long.MAX_VALUE;

  private final JournalFiles files;
  private final Manifest group;
  private final @Nullable Secret secret;
  private final Journal journal;
  private final LiveDisks disks;
  private final Backlog backlog;
  private final Clock clock;
  // What is recorded, by number of the disk, where it is not known what is not; else empty.
  private final List<OriginView> recorded = new ArrayList<>();
  private volatile @Nullable GapNote note;
  private volatile boolean unrecorded;
  private volatile boolean wanted;
  // Whether there is an UNRECORDED of this gap.
  private boolean begun;
  private long tried;
  private long from;

  Unprotected(
      JournalFiles files,
      Manifest group,
      @Nullable Secret secret,
      Journal journal,
      LiveDisks disks,
      Backlog backlog,
      Clock clock) {
    this.files = files;
    this.group = group;
    this.secret = secret;
    this.journal = journal;
    this.disks = disks;
    this.backlog = backlog;
    this.clock = clock;
  }

  /** Whether to go on when the journal has no room; what goes on already does. */
  void want(boolean goOn) {
    wanted = goOn;
  }

  boolean isWanted() {
    return wanted;
  }

  /** Whether changes are not recorded, or what they left is not yet. */
  boolean isOn() {
    return note != null;
  }

  /** Since when, by the wall clock; empty when everything is recorded. */
  Optional<Long> sinceNanos() {
    GapNote known = note;
    return known == null ? Optional.empty() : Optional.of(known.gap().sinceNanos());
  }

  /** The oldest entry whose instant is needed; the greatest number when none is. */
  long oldestNeeded() {
    GapNote known = note;
    return known == null ? NONE : known.gap().after();
  }

  /** What people have to know; null when everything is recorded. */
  @Nullable String problem() {
    GapNote known = note;
    if (known == null) {
      return null;
    }
    Instant since = Instant.EPOCH.plusNanos(known.gap().sinceNanos());
    return unrecorded
        ? "UNPROTECTED since %s: the journal in %s has no room, and changes are not recorded. They cannot be undone, and no instant from then on can be restored. Enlarge its volume or free space there"
            .formatted(since, files.storage().describe())
        : "changes are recorded again in %s, but not all that was changed since %s is; until it is, no instant from then on can be restored"
            .formatted(files.storage().describe(), since);
  }

  /** Brings the images up to date. */
  interface Applying {
    void apply() throws IOException;
  }

  /**
   * Begins to go on without the journal, or once more. The manifest says that there may be gaps.
   *
   * @return false when that is not wanted, or cannot be
   */
  boolean begin(Applying applying) throws IOException {
    List<Volume.Hold> holds = holdAll();
    try {
      if (!mayBegin()) {
        return false;
      }
      journal.sync();
      applying.apply();
      long after = journal.durableSequence();
      if (disks.oldestCheckpoint() < after) {
        return false; // it is about to be closed
      }
      if (note == null) {
        GapNote first = new GapNote(group.id(), new Unrecorded(after, clock.wallNanos()));
        files.writeGap(first);
        note = first;
      }
      if (!recorded.isEmpty()) {
        lookAt(after);
      }
      disks.volumes().forEach(Volume::stopRecording);
      unrecorded = true;
    } finally {
      holds.forEach(Volume.Hold::close);
    }
    log.error("{}", problem());
    return true;
  }

  /** Whether {@link #begin} would begin something. */
  boolean mayBegin() {
    if (note != null) {
      return !unrecorded;
    }
    // What is to be filled in after a rewind, or is a branch's origin's, would be lost.
    return wanted && disks.volumes().stream().allMatch(volume -> volume.backfill() == null);
  }

  /** What entries up to one say is what is recorded. */
  private void lookAt(long sequence) throws IOException {
    closeViews();
    for (Volume volume : disks.volumes()) {
      recorded.add(OriginView.recorded(files.storage(), group, volume.number(), sequence, secret));
    }
  }

  private List<Volume.Hold> holdAll() {
    return disks.volumes().stream().map(Volume::hold).toList();
  }

  /** Goes on with what was noted before this was opened; nobody changes anything yet. */
  void resume(Applying applying) throws IOException {
    if (!group.gaps()) {
      return;
    }
    long head;
    try (History history = History.open(files.storage())) {
      head = history.head().sequence();
      Optional<Unrecorded> noted =
          history.gaps().stream()
              .filter(History.Gap::isOpen)
              .findFirst()
              .map(gap -> new Unrecorded(gap.after(), gap.sinceNanos()));
      Optional<Unrecorded> gap = noted.or(history::unrecorded);
      if (gap.isEmpty()) {
        files.deleteGap();
        return;
      }
      if (noted.isPresent() && history.knowsGaps()) {
        note = new GapNote(group.id(), gap.get());
        begun = history.unrecorded().isPresent();
      } else {
        noteAgain(gap.get().after());
      }
    }
    lookAt(head);
    applying.apply();
    disks.volumes().forEach(Volume::stopRecordingAnything);
    unrecorded = true;
    log.error("{}; everything is compared with what is recorded when it has room", problem());
  }

  /** By another time: an entry that nobody can read now may say that it is over as it was noted. */
  private void noteAgain(long after) throws IOException {
    GapNote again = new GapNote(group.id(), new Unrecorded(after, clock.wallNanos()));
    files.writeGap(again);
    note = again;
  }

  /** Makes room. */
  interface Making {
    boolean makeRoom() throws IOException;
  }

  /** Records again, if there is room; whether there was anything to do that can be done now. */
  boolean step(Making making, Applying applying) throws IOException {
    if (note == null) {
      return false;
    }
    if (unrecorded) {
      return hasRoom(making) && recordAgain();
    }
    try {
      return catchUp();
    } catch (JournalFullException e) {
      return begin(applying);
    }
  }

  private boolean hasRoom(Making making) throws IOException {
    if (!journal.hasRoomFor(SEGMENTS) && clock.monotonicNanos() - tried >= TRY_NANOS) {
      tried = clock.monotonicNanos();
      while (!journal.hasRoomFor(SEGMENTS) && making.makeRoom()) {
        log.debug("made room to record changes again");
      }
    }
    return journal.hasRoomFor(SEGMENTS);
  }

  private boolean recordAgain() throws IOException {
    for (Volume volume : disks.volumes()) {
      volume.sync(); // most of it before changes are held
    }
    GapNote known = Objects.requireNonNull(note);
    List<Volume.Hold> holds = holdAll();
    try {
      if (!begun) {
        // Before any other entry: by it, those that follow are known not to say everything.
        journal.unrecorded(EntryKind.UNRECORDED, known.gap());
        begun = true;
      }
      for (Volume volume : disks.volumes()) {
        volume.recordAgain(recorded.isEmpty() ? null : recorded.get(volume.number())::read);
      }
      unrecorded = false;
      from = 0;
    } catch (JournalFullException e) {
      return false;
    } finally {
      holds.forEach(Volume.Hold::close);
    }
    log.warn("{}", problem());
    return true;
  }

  private boolean catchUp() throws IOException {
    for (Volume volume : disks.volumes()) {
      Backfill backfill = volume.backfill();
      if (backfill != null && backfill.pendingBytes() > 0) {
        if (backlog.isFull()) {
          return false;
        }
        for (long stop = from + TURN_BYTES; from < stop && !backlog.isFull(); ) {
          from = volume.fillSome(from);
        }
        from = from == Long.MAX_VALUE ? 0 : from;
        return true;
      }
    }
    end();
    return true;
  }

  private void end() throws IOException {
    List<Volume.Hold> holds = holdAll();
    try {
      journal.unrecorded(EntryKind.RECORDED, Objects.requireNonNull(note).gap());
      disks.volumes().forEach(Volume::recordedAll);
      note = null;
      begun = false;
    } finally {
      holds.forEach(Volume.Hold::close);
    }
    closeViews();
    try {
      files.deleteGap();
    } catch (IOException e) {
      log.warn(
          "the note of a gap that is over stays in {} until the next opening: {}",
          files.storage().describe(),
          e.getMessage());
    }
    log.info("everything in {} is recorded again", files.storage().describe());
  }

  /** Makes durable what was not recorded, before everything is closed. */
  void sync() throws IOException {
    for (Volume volume : disks.volumes()) {
      if (volume.isUnrecorded()) {
        volume.sync();
      }
    }
  }

  private void closeViews() throws IOException {
    for (OriginView view : recorded) {
      view.close();
    }
    recorded.clear();
  }

  @Override
  public void close() throws IOException {
    closeViews();
  }
}
