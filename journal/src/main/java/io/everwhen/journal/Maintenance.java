package io.everwhen.journal;

import io.everwhen.journal.format.Kept;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.history.NewBaseline;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.history.Thinner;
import io.everwhen.journal.image.Image;
import io.everwhen.journal.image.LiveDisks;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.payload.Keyring;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a group in order behind its changes: applies them to the images, seals full segments,
 * prepares the next one, thins the history as it gets older, and folds the oldest when there is too
 * much of it or too little room.
 *
 * <p>All of that is one duty cycle, run by a thread of its own or by the caller. Any thread; who
 * holds this object's monitor keeps a cycle from beginning.
 */
final class Maintenance {

  private static final Logger log = LoggerFactory.getLogger(Maintenance.class);

  /** How many segments one cycle seals. */
  private static final int SEALS_MAX = 8;

  /** Steps in which the images catch up in one cycle: less than is sealed and folded in it. */
  private static final int STEPS_MAX = 2;

  private static final int FOLDS_MAX = 8;

  /** How often it is looked whether a rush goes on, and needs a segment. */
  private static final Duration RUSH_PAUSE = Duration.ofMillis(20);

  private final JournalFiles files;
  private final GroupOptions options;
  private final ManifestKeeper manifest;
  private final Journal journal;
  private final LiveDisks disks;
  private final Backlog backlog;
  private final ImageKeeper images;
  private final HeadKeeper head;
  private final StampKeeper stamps;
  private final HistoryKeeper history;
  private final Rewinder rewinder;
  private final Unprotected unprotected;
  private final RoomWatch room;
  private final ClockWatch time;
  private final Ending ending;
  private final SegmentKeeper segments;
  private final @Nullable Thread thread;

  private boolean thinned; // in this cycle; guarded by this
  private volatile @Nullable String alarm;

  /** For a group that is open, with everything folded that was begun to be. */
  Maintenance(
      JournalFiles files,
      Manifest manifest,
      GroupOptions options,
      Clock clock,
      Journal journal,
      LiveDisks disks,
      Backlog backlog,
      Rewinder rewinder,
      Unprotected unprotected,
      RandomGenerator random,
      @Nullable Keyring keys)
      throws IOException {
    this.files = files;
    this.rewinder = rewinder;
    this.unprotected = unprotected;
    this.manifest = new ManifestKeeper(files, manifest);
    this.options = options;
    this.journal = journal;
    this.disks = disks;
    this.backlog = backlog;
    this.head = new HeadKeeper(files, manifest, options.signer(), clock, journal.sealed());
    this.stamps = new StampKeeper(files);
    this.room = new RoomWatch(files.storage().describe());
    this.time = new ClockWatch(files.storage().describe());
    this.ending = new Ending(clock);
    this.images = new ImageKeeper(journal, disks, backlog, ending, clock, options.applyInterval());
    this.history =
        new HistoryKeeper(
            files,
            this.manifest,
            options,
            keys,
            journal,
            images,
            rewinder,
            unprotected,
            ending,
            new Thinner(files, manifest, options.retention(), clock, random));
    this.segments = new SegmentKeeper(journal, backlog, ending, clock);
    this.thread =
        options.background()
            ? Thread.ofPlatform()
                .name("group " + manifest.disks().getFirst().name())
                .unstarted(this::run)
            : null;
  }

  private void watchRoom() throws IOException {
    room.look(
        history.journalBytes(),
        history.historyBytes(),
        history.slackBytes(),
        files.storage().usableBytes() - options.journal().reserveBytes(),
        manifest.current().baseline().segment() > 0);
  }

  /** Starts the thread, if this has one. */
  void start() {
    if (thread != null) {
      thread.start();
    }
  }

  /**
   * Begins nothing any more that the next opening can do, and lets go whoever waits for the backlog
   * to shrink.
   */
  void prepareToEnd() {
    ending.begin();
    backlog.close();
    wake();
  }

  /** Ends the thread, when its cycle is done. */
  void end() {
    prepareToEnd();
    if (thread != null) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  boolean isEnding() {
    return ending.begun();
  }

  /** Begins a cycle now. */
  void wake() {
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /** What keeps cycles from succeeding; null while they do. */
  @Nullable String alarm() {
    return Stream.of(
            unprotected.problem(),
            alarm,
            history.branchFull(),
            rewinder.problem(),
            history.problem(),
            head.alarm())
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /**
   * Makes a disk one of the group, durably; again, if that was interrupted.
   *
   * @param disk when it is an adopted one, its content was copied
   * @return the group then
   */
  synchronized Manifest add(Manifest.Disk disk, Storage home) throws IOException {
    checkProtected();
    Manifest before = manifest.current();
    if (disk.adopted()) {
      Image.take(home, before, disk, disks.oldestCheckpoint());
    } else {
      makeBaseline(disk);
      Image.forgetUnjoined(home, before, disk);
      Image.create(home, before, disk, disks.oldestCheckpoint());
    }
    Image image = Image.open(home, before, disk);
    try {
      // From here on it is in the group: everything of it is there.
      manifest.write(before.withDisk(disk));
    } catch (IOException | RuntimeException e) {
      try (image) {
        throw e;
      }
    }
    disks.add(disk, image, journal);
    return manifest.current();
  }

  /** Of an empty disk; before anything was folded, that is none. */
  private void makeBaseline(Manifest.Disk disk) throws IOException {
    NewBaseline.clear(files.storage(), disk.number());
    if (manifest.current().baseline().segment() > 0 || manifest.current().folding() > 0) {
      try (NewBaseline baseline = NewBaseline.create(files.storage(), disk)) {
        baseline.finish();
      }
    }
  }

  /** Why a branch takes no changes; null when it does. */
  @Nullable String branchFull() {
    return history.branchFull();
  }

  /** Says, durably, that a branch has a baseline of its own by now. */
  synchronized Manifest withOwnBaseline() throws IOException {
    manifest.write(manifest.current().withOwnBaseline());
    history.branchEnded();
    return manifest.current();
  }

  /** Signs the head, if more is sealed than before. */
  synchronized void signHead() throws IOException {
    head.sign(journal.sealed());
  }

  /** The signed head, unless it is time-stamped already. */
  Optional<SignedHead> headToStamp() throws IOException {
    SignedHead signed = head.alarm() == null ? head.signed() : null;
    return signed == null || stamps.has(signed.segment()) ? Optional.empty() : Optional.of(signed);
  }

  /** The newest time stamp. */
  Optional<StampedHead> newestStamp() throws IOException {
    return stamps.newest();
  }

  /** Keeps a time stamp, unless this is ending: then the directory may be another's already. */
  synchronized boolean keepStamp(StampedHead stamp) throws IOException {
    if (ending.begun()) {
      return false;
    }
    stamps.keep(stamp, manifest.current().baseline().segment());
    return true;
  }

  /** Every entry up to this one is in every image. */
  long appliedSequence() {
    return images.appliedSequence();
  }

  /** Which instants are kept where the history was thinned. */
  Kept kept() {
    return history.kept();
  }

  /** Which instants are held against retention; null when nobody can tell. */
  @Nullable Pins pins() {
    return history.pins();
  }

  /**
   * Checks that an instant can be held by this name.
   *
   * @throws PinException when there is one of that name, or there are too many
   */
  void checkCanPin(String name) throws IOException {
    history.checkCanPin(name);
  }

  /**
   * Holds an instant against retention; durable when it returns.
   *
   * @throws PinException when it is not there, or was thinned away, or there is one of that name
   */
  synchronized void pin(Pin pin) throws IOException {
    history.pin(pin);
  }

  /**
   * Lets an instant go that was held; durable when it returns.
   *
   * @throws PinException when there is none of that name
   */
  synchronized void unpin(String name) throws IOException {
    history.unpin(name);
  }

  /** Checks that an instant named now could be asked for. */
  void checkCanMark() throws JournalFullException {
    String problem = unprotected.problem();
    if (problem != null) {
      throw new JournalFullException("no instant can be named now: " + problem, null);
    }
  }

  void checkProtected() throws IOException {
    String problem = unprotected.problem();
    if (problem != null) {
      throw new IOException("not now: " + problem);
    }
  }

  /**
   * Lets the disks go on without the journal, if that is wanted and can be.
   *
   * @return whether they do from now on
   */
  synchronized boolean goOnUnprotected() throws IOException {
    if (!unprotected.mayBegin() || manifest.current().origin() != null) {
      return false;
    }
    prepareUnprotected();
    try {
      return unprotected.begin(this::apply);
    } catch (NoSpaceException e) {
      log.error("going on without the journal has to be noted first: {}", e.getMessage());
      return false;
    }
  }

  /** Goes on without the journal from now on, when that has no room; or does not. */
  void goOnUnprotected(boolean wanted) {
    unprotected.want(wanted);
    wake();
  }

  /** While there is room for it. */
  private void prepareUnprotected() throws IOException {
    try {
      prepareGap();
    } catch (NoSpaceException e) {
      log.debug("no room to prepare a gap", e);
    }
  }

  private void prepareGap() throws IOException {
    if (unprotected.isWanted() && manifest.current().origin() == null && !unprotected.isOn()) {
      if (!manifest.current().gaps()) {
        manifest.write(manifest.current().withGaps());
      }
      files.prepareGap();
    }
  }

  /** Keeps an instant from now on, which some disk is to go back to. */
  synchronized void prepareRewind(long sequence) throws IOException {
    checkProtected();
    if (!manifest.current().rewinds()) {
      manifest.write(manifest.current().withRewinds());
    }
    rewinder.hold(sequence);
  }

  /** How much of its room the journal has used. */
  Room room() {
    return room.room();
  }

  /**
   * The entry up to which the baseline may hold changes by now, or in a moment; said before any of
   * them is in it.
   */
  long foldedSequence() {
    return history.foldedSequence();
  }

  /** Bytes of all segments and their indexes. */
  long journalBytes() {
    return history.journalBytes();
  }

  /** How many of them are kept before the oldest segment is folded. */
  long historyBytes() {
    return history.historyBytes();
  }

  /** Keeps another amount from now on. */
  void keepHistory(long bytes) {
    history.keep(bytes);
    backlog.maxBytes(options.backlogBytes(bytes));
    wake();
  }

  /** Follows another policy for what gets old; null for none. */
  void retain(@Nullable Retention policy) {
    synchronized (this) {
      history.retain(policy);
    }
    wake();
  }

  private void run() {
    String lastProblem = null;
    while (!ending.begun()) {
      try {
        if (putsOff()) {
          makeSegmentsReady();
          pause(RUSH_PAUSE);
          continue;
        }
        boolean worked = cycle();
        time.look(journal.clockBehindNanos());
        lastProblem = null;
        alarm = null;
        if (!worked) {
          pause(options.applyInterval().dividedBy(2));
        }
      } catch (IOException | RuntimeException e) {
        String problem = String.valueOf(e.getMessage());
        alarm = problem;
        if (!problem.equals(lastProblem)) {
          lastProblem = problem;
          log.error("keeping {} in order failed: {}", files.storage().describe(), problem, e);
        }
        if (journal.failure() != null) {
          // Nothing will shrink the backlog any more: let those who wait find out why.
          backlog.close();
        }
        backlog.release();
        pause(options.applyInterval());
      }
    }
  }

  /** Waits for a while, or for {@link #wake}. */
  private void pause(Duration duration) {
    if (!ending.begun()) {
      LockSupport.parkNanos(this, duration.toNanos());
    }
  }

  /**
   * Whether what there is to do waits, because changes come fast and have the machine to
   * themselves; for as long as not too much waits.
   */
  private boolean putsOff() {
    return segments.inRush()
        && Math.max(backlog.bytes(), journal.unsealedBytes()) < applyBytes()
        && !history.exceedsSlack();
  }

  /** What can wait in a rush, in bytes of the journal. */
  long applyBytes() {
    return options.applyBytes(history.historyBytes());
  }

  /** Makes the next segments in a rush. */
  private synchronized void makeSegmentsReady() throws IOException {
    segments.makeInRush(sparesMax());
  }

  /** Between what takes long: those who fill segments meanwhile must not have to wait for one. */
  private void keepSegmentsReady() throws IOException {
    if (Thread.currentThread().equals(thread)) {
      segments.makeBesideWork(sparesMax());
    }
  }

  private int sparesMax() {
    return options.spareSegments(history.historyBytes());
  }

  /** One duty cycle; whether there was anything to do. */
  synchronized boolean cycle() throws IOException {
    boolean worked = false;
    boolean due = images.isDue(applyBytes());
    if (due && thread != null && backlog.bytes() >= options.journal().segmentBytes()) {
      worked = applyBeside();
    } else {
      if (due) {
        worked = thread == null ? images.apply() : applyInPart();
      }
      worked |= shortenHistory();
    }
    prepareUnprotected();
    worked |= !ending.begun() && rewinder.step();
    worked |= !ending.begun() && unprotected.step(this::makeRoom, this::apply);
    worked |= !ending.begun() && !thinned && history.thinAroundPins();
    watchRoom();
    return worked;
  }

  private boolean applyInPart() throws IOException {
    return images.apply(STEPS_MAX, this::mayWait, this::keepSegmentsReady);
  }

  /**
   * Applies and shortens the history at the same time: where changes come without an end, the
   * images and the baseline both have to keep up with them.
   */
  private boolean applyBeside() throws IOException {
    try (Beside<Boolean> applying = Beside.start("images " + name(), this::applyInPart)) {
      boolean shortened = shortenHistory();
      return applying.end(RUSH_PAUSE, this::keepSegmentsReady) || shortened;
    }
  }

  /**
   * Seals what is full, and gives up a little of what is too old or too much; whether there was
   * anything. Nothing that is not in the images yet is given up.
   */
  private boolean shortenHistory() throws IOException {
    boolean filesChanged = false;
    // No more than these: where segments fill as fast as they are sealed, the rest has its turn
    // too.
    for (int i = 0; i < SEALS_MAX && !ending.begun() && journal.sealNext(); i++) {
      filesChanged = true;
      keepSegmentsReady();
    }
    keepSegmentsReady();
    filesChanged |= segments.makeForNextRush(sparesMax());
    if (filesChanged) {
      history.measure();
    }
    signHead();
    thinned = !ending.begun() && history.thin();
    int folds = thread == null ? Integer.MAX_VALUE : FOLDS_MAX;
    for (int i = 0;
        i < folds && !ending.begun() && history.isOldestTooMuch(thinned) && history.fold(false);
        i++) {
      filesChanged = true;
      keepSegmentsReady();
    }
    return filesChanged || thinned;
  }

  private String name() {
    return manifest.current().disks().getFirst().name();
  }

  /** Whether the rest is little enough to wait for the end of a rush. */
  private boolean mayWait() {
    return backlog.bytes() < applyBytes() / 2 && putsOff();
  }

  /** Brings the images up to date, or gives up when that is late; whether it did anything. */
  synchronized boolean apply() throws IOException {
    return images.apply();
  }

  /**
   * Folds the oldest segment now, even while somebody reads history; true when that gave back
   * space.
   */
  synchronized boolean makeRoom() throws IOException {
    apply();
    try {
      while (journal.sealNext()) {
        log.debug("sealed a segment to make room");
      }
    } catch (NoSpaceException e) {
      // Not even for an index; a segment that has one already may still give way.
      log.debug("sealing has to wait: {}", e.getMessage());
    }
    return history.fold(true);
  }
}
