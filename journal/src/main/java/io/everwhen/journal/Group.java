package io.everwhen.journal;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Kept;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.history.Rewound;
import io.everwhen.journal.image.Backfill;
import io.everwhen.journal.image.Image;
import io.everwhen.journal.image.LiveDisks;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalFullException;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The disks that share one journal, open for reading and writing.
 *
 * <p>One process at a time has a group open; it holds the writer lock. Maintenance (applying,
 * sealing, preparing, folding) is one duty cycle, {@link #maintain}, run by a thread of the group
 * or, for tests that must repeat, by the caller. Any thread may call any method.
 */
public final class Group implements Closeable {

  private final JournalFiles files;
  private final GroupOptions options;
  private final Closeable writerLock;
  private final List<Storage> homes;
  private final LiveDisks disks;
  private final Journal journal;
  private final Backlog backlog;
  private final Rewinder rewinder;
  private final Unprotected unprotected;
  private final Maintenance maintenance;

  private volatile Manifest manifest;
  private volatile @Nullable Branch branch;
  private volatile @Nullable String fullAlarm;

  /**
   * Makes a group of empty disks, as {@link #create(Storage, List, List, Map, Clock,
   * RandomGenerator)} does.
   */
  public static void create(
      Storage journal,
      List<? extends Storage> homes,
      List<Manifest.Disk> disks,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    create(journal, homes, disks, Map.of(), clock, random);
  }

  /**
   * Makes a group of disks; durable when it returns, and can be done again when it was interrupted.
   * If everything was copied by then, that is what the disks hold: nothing is copied again.
   *
   * @param homes where the disks' images go, by number
   * @param contents what disks hold at the beginning, by number, and must not change meanwhile; the
   *     others are empty
   * @throws DamageException when there is a group with history already, or an image with content
   */
  public static void create(
      Storage journal,
      List<? extends Storage> homes,
      List<Manifest.Disk> disks,
      Map<Integer, ? extends StorageFile> contents,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    NewGroup.create(journal, homes, disks, contents, null, clock, random);
  }

  /**
   * Makes a group of one disk that begins as a disk of another group was; durable when it returns,
   * quick, whatever the size of the disk, and can be done again when it was interrupted. The other
   * group must pin that instant until this one is deleted, or is {@linkplain #keep kept}.
   *
   * @param disk with the size that the other had then
   */
  public static void createBranch(
      Storage journal,
      Storage home,
      Manifest.Disk disk,
      Manifest.Origin origin,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    NewGroup.create(journal, List.of(home), List.of(disk), Map.of(), origin, clock, random);
  }

  /**
   * Recovers a group and opens it.
   *
   * @param homes where the disks' images are, by number
   * @throws LockedException when another process has it open
   */
  public static Group open(
      Storage journal,
      List<? extends Storage> homes,
      GroupOptions options,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    Optional<Closeable> lock = journal.tryLock(FileNames.WRITER_LOCK, Storage.LockMode.EXCLUSIVE);
    if (lock.isEmpty()) {
      throw new LockedException(journal.describe());
    }
    Group group;
    try {
      group = new Group(journal, homes, options, clock, random, lock.get());
    } catch (IOException | RuntimeException e) {
      lock.get().close();
      throw e;
    }
    group.maintenance.start();
    return group;
  }

  private Group(
      Storage storage,
      List<? extends Storage> homes,
      GroupOptions options,
      Clock clock,
      RandomGenerator random,
      Closeable writerLock)
      throws IOException {
    this.files = new JournalFiles(storage);
    // What a process that died has left may not be durable yet; from here on it is relied on.
    storage.syncDirectory();
    this.options = options;
    this.writerLock = writerLock;
    this.homes = new CopyOnWriteArrayList<>(homes);
    PayloadForm form = PayloadForm.of(files, options, random);
    this.manifest = form.manifest();
    this.backlog = new Backlog(options.backlogBytes(options.historyBytes()));
    this.disks = new LiveDisks(manifest, homes);
    Journal opened = null;
    Rewinder begun = null;
    try {
      Manifest folded = HistoryKeeper.finishFolding(files, manifest, form.keys());
      opened =
          Journal.open(
              files,
              folded,
              options.journal(),
              clock,
              random,
              disks.newestCheckpoint(),
              (kind, disk, offset, length, payload, encoded, sequence, segment, place) -> {
                disks.written(
                    kind, disk, offset, length, payload, encoded, sequence, segment, place);
                // What is compressed takes as long to apply as if it were not.
                int content = encoded ? (int) length : payload;
                noteAppended(EntryHeader.storedBytes(content), sequence);
              },
              form.encoder(),
              form.keys());
      this.journal = opened;
      disks.attach(journal);
      begun = new Rewinder(files, folded, options.secret(), journal, disks, backlog);
      this.rewinder = begun;
      this.unprotected =
          new Unprotected(files, folded, options.secret(), journal, disks, backlog, clock);
      this.maintenance =
          new Maintenance(
              files,
              folded,
              options,
              clock,
              journal,
              disks,
              backlog,
              rewinder,
              unprotected,
              random,
              form.keys());
      rewinder.resume();
      unprotected.resume(maintenance::apply);
      Manifest.Origin origin = folded.origin();
      if (origin != null) {
        this.branch =
            Branch.open(storage, folded, origin, options.secret(), journal, disks.volume(0));
      }
    } catch (IOException | RuntimeException e) {
      try (LiveDisks _ = disks;
          Journal _ = opened;
          Rewinder _ = begun) {
        throw e;
      }
    }
  }

  private void noteAppended(long bytes, long sequence) {
    long due = maintenance.applyBytes();
    boolean wasDue = backlog.bytes() >= due;
    backlog.add(bytes, sequence);
    if (!wasDue && backlog.bytes() >= due) {
      maintenance.wake();
    }
  }

  /** What distinguishes it from every other group, for as long as it lives. */
  public UUID id() {
    return manifest.id();
  }

  /** The group's disks, with the size that each had at the baseline when it was opened. */
  public List<Manifest.Disk> disks() {
    return manifest.disks();
  }

  /**
   * A live disk. Changes to it go through {@link #change}, which keeps the journal's room and the
   * backlog in bounds.
   */
  public Volume volume(int disk) {
    return disks.volume(disk);
  }

  /**
   * Adds an empty disk; durable when it returns, and can be done again when it was interrupted. At
   * every instant before, it reads as zeros.
   *
   * @param disk with the next number
   * @param home where its image goes
   * @throws IOException when it cannot be; then it may be in the group when that is opened again
   */
  public void add(Manifest.Disk disk, Storage home) throws IOException {
    synchronized (maintenance) {
      tryFileOf(home, disk.sizeBytes());
      tryFileOf(files.storage(), disk.sizeBytes());
      manifest = maintenance.add(disk, home);
      homes.add(home);
    }
  }

  /**
   * Adds a disk that has content already; durable when it returns, and can be done again when it
   * was interrupted. At every instant before, it reads as that content. The others can be used
   * meanwhile, but none is added by another thread.
   *
   * @param disk with the next number
   * @param home where its image goes
   * @param content of the same size, which must not change meanwhile
   * @throws IOException as {@link #add(Manifest.Disk, Storage)} does
   */
  public void add(Manifest.Disk disk, Storage home, StorageFile content) throws IOException {
    Manifest.Disk adopted = disk.withContent();
    Manifest now = manifest;
    now.withDisk(adopted);
    Image.forgetUnjoined(home, now, adopted);
    Image.checkReplaceable(home);
    Adoption.copy(content, adopted, files.storage(), home);
    synchronized (maintenance) {
      manifest = maintenance.add(adopted, home);
      homes.add(home);
    }
  }

  /** The largest write that is one entry. */
  public int maxWriteBytes() {
    return journal.maxPayloadBytes();
  }

  /** Something that stages a change. */
  @FunctionalInterface
  public interface Change {
    void stage() throws IOException;
  }

  /**
   * Stages a change, after waiting for room if need be.
   *
   * @throws JournalFullException when there is no room, and folding cannot make any; nothing was
   *     staged
   */
  public void change(Change change) throws IOException {
    String full = maintenance.branchFull();
    if (full != null) {
      throw new JournalFullException(full, null);
    }
    if (backlog.isFull()) {
      journal.settle();
      if (options.background()) {
        maintenance.wake();
        backlog.awaitRoom();
        checkBacklogShrinks();
      } else {
        maintenance.apply();
      }
    } else if (options.background()) {
      backlog.slowDown();
    }
    while (true) {
      try {
        change.stage();
        if (fullAlarm != null) {
          fullAlarm = null;
        }
        return;
      } catch (JournalFullException e) {
        if (!maintenance.makeRoom() && !maintenance.goOnUnprotected()) {
          fullAlarm = e.getMessage();
          throw e;
        }
      }
    }
  }

  private void checkBacklogShrinks() throws IOException {
    String problem = maintenance.alarm();
    if (backlog.isFull() && problem != null && !maintenance.isEnding()) {
      throw new IOException(
          "the images are %d MiB behind the journal in %s and cannot be brought up to date: %s"
              .formatted(backlog.bytes() >> 20, files.storage().describe(), problem));
    }
  }

  /**
   * Names this instant for all disks of the group; durable when it returns.
   *
   * @throws JournalFullException also while not everything is recorded: it could not be asked for
   */
  public long mark(String name) throws IOException {
    long[] sequence = new long[1];
    maintenance.checkCanMark();
    change(() -> sequence[0] = volume(0).mark(name));
    return sequence[0];
  }

  /**
   * Gives a disk another size, as one change; durable when it returns.
   *
   * @return the entry after which the disk has that size
   * @throws IOException when it cannot be recorded, or as {@link #checkCanHave} does; then nothing
   *     was changed
   */
  public long resize(int disk, long sizeBytes) throws IOException {
    checkCanHave(disk, sizeBytes);
    synchronized (maintenance) {
      maintenance.checkProtected();
      files.upgradeManifest();
    }
    long[] sequence = new long[1];
    change(() -> sequence[0] = volume(disk).resize(sizeBytes));
    return sequence[0];
  }

  /**
   * Lets a disk be as it was at an instant; durable when it returns, and quick, whatever the size
   * of the disk: what was changed since is filled in afterwards. It is on the timeline: the time
   * before stays, and can be gone back to.
   *
   * @param to a complete change within the history, as a {@code History} has told of it
   * @return the entry from which on the disk is so
   * @throws IOException when the instant is gone, or it cannot be recorded; then nothing was
   *     changed, except that the disk may have the size that it had then. Also for a branch:
   *     another one can be made of the instant instead
   */
  public long rewind(int disk, long to) throws IOException {
    if (isBranch()) {
      throw new IOException(
          "%s is a branch, which cannot be rewound before it is a disk of its own"
              .formatted(volume(disk).name()));
    }
    // One at a time: it holds one instant meanwhile.
    synchronized (rewinder) {
      maintenance.prepareRewind(to);
      try {
        return rewindHeld(disk, to);
      } finally {
        rewinder.release();
        maintenance.wake();
      }
    }
  }

  private long rewindHeld(int disk, long to) throws IOException {
    long sizeBytes;
    try (Rewound past = Rewound.open(files.storage(), options.secret(), disk)) {
      past.goTo(to);
      sizeBytes = past.sizeBytes();
    }
    if (sizeBytes != volume(disk).sizeBytes()) {
      resize(disk, sizeBytes);
    }
    long[] sequence = new long[1];
    change(() -> sequence[0] = rewinder.rewind(disk, to));
    return sequence[0];
  }

  /** Bytes of a disk that are still to be filled in after it was rewound. */
  public long fillingBytes(int disk) {
    Backfill backfill = volume(disk).backfill();
    return backfill == null || isBranch() || unprotected.isOn() ? 0 : backfill.pendingBytes();
  }

  /**
   * Whether the disks go on when the journal has no room and none can be made: then changes are not
   * recorded, which is a gap on the timeline. Else they are refused.
   */
  public void goOnUnprotected(boolean wanted) {
    maintenance.goOnUnprotected(wanted);
  }

  /** Since when not everything is recorded, by the wall clock; empty when everything is. */
  public Optional<Long> unprotectedSinceNanos() {
    return unprotected.sinceNanos();
  }

  /** Whether a part of its disk may still be another group's past. */
  public boolean isBranch() {
    return branch != null;
  }

  /** Bytes of a branch that are another group's past; 0 of any other group. */
  public long originBytes() {
    Branch own = branch;
    return own == null ? 0 : own.originBytes();
  }

  /**
   * Makes a branch a group that needs no other: copies what is not its own, while it is used.
   * Durable when it returns. What fails, or ends with the process, leaves it a branch, and can be
   * done again. One thread.
   *
   * @param pace told of what was read; its failure ends this
   * @throws io.everwhen.journal.io.NoSpaceException when there is no room for the copy
   */
  public void keep(Pace pace) throws IOException {
    Branch own = branch;
    if (own == null) {
      return;
    }
    own.copy(pace);
    synchronized (maintenance) {
      own.end(() -> manifest = maintenance.withOwnBaseline());
      branch = null;
    }
    own.close();
  }

  /**
   * Checks that a disk can have this size.
   *
   * @throws IllegalArgumentException when it is not whole blocks, and at least one
   * @throws IOException when a volume cannot hold a file of that size, not even a sparse one
   */
  public void checkCanHave(int disk, long sizeBytes) throws IOException {
    Volume volume = volume(disk);
    int blockBytes = disks().get(disk).blockBytes();
    if (sizeBytes < blockBytes || sizeBytes % blockBytes != 0) {
      throw new IllegalArgumentException(
          "%s has blocks of %d bytes, and cannot have %d bytes"
              .formatted(volume.name(), blockBytes, sizeBytes));
    }
    if (sizeBytes > volume.sizeBytes()) {
      synchronized (maintenance) {
        for (Storage place : List.of(files.storage(), homes.get(disk))) {
          tryFileOf(place, sizeBytes);
        }
      }
    }
  }

  /** The image and the baseline have to become as large, when it is too late to refuse. */
  private static void tryFileOf(Storage place, long sizeBytes) throws IOException {
    String name = FileNames.temporary("size");
    place.delete(name);
    try (StorageFile file = place.create(name)) {
      file.setSize(sizeBytes);
    } finally {
      place.delete(name);
    }
  }

  /**
   * Keeps another amount of history from now on; what is too much is folded.
   *
   * @throws IllegalArgumentException when it is not enough
   */
  public void keepHistory(long bytes) {
    maintenance.keepHistory(options.withHistoryBytes(bytes).historyBytes());
  }

  /**
   * The signed end of the chain of seals, for a time-stamp authority; empty when it is not signed,
   * or stamped already. What it names is durable.
   */
  public Optional<SignedHead> headToStamp() throws IOException {
    return maintenance.headToStamp();
  }

  /** The newest time stamp that is kept. */
  public Optional<StampedHead> newestStamp() throws IOException {
    return maintenance.newestStamp();
  }

  /**
   * Keeps a time stamp of {@link #headToStamp}, durably, and not more stamps than are useful.
   *
   * @return false when the group is about to be closed, and nothing was kept
   * @throws io.everwhen.journal.io.NoSpaceException when there is no room for it
   */
  public boolean keepStamp(StampedHead stamp) throws IOException {
    return maintenance.keepStamp(stamp);
  }

  /**
   * Keeps other instants from now on as the history gets older. What was thinned already does not
   * come back.
   *
   * @param policy null to thin nothing any more
   */
  public void retain(@Nullable Retention policy) {
    maintenance.retain(policy);
  }

  /**
   * Checks that an instant can be held by this name, for who marks it first.
   *
   * @throws PinException when there is one of that name, or there are too many
   */
  public void checkCanPin(String name) throws IOException {
    maintenance.checkCanPin(name);
  }

  /**
   * Holds an instant, by a name, against thinning and folding; durable when it returns. It takes
   * the room that its content needs until it is let go.
   *
   * @param pin of an instant that a {@code History} has told of
   * @throws PinException when the instant is gone, or there is one of that name
   */
  public void pin(Pins.Pin pin) throws IOException {
    maintenance.pin(pin);
  }

  /**
   * Lets an instant go that was held; durable when it returns.
   *
   * @throws PinException when there is none of that name
   */
  public void unpin(String name) throws IOException {
    maintenance.unpin(name);
  }

  /** The instants that are held, by sequence; empty also when nobody can tell, as status says. */
  public List<Pins.Pin> pins() {
    Pins pins = maintenance.pins();
    return pins == null ? List.of() : pins.pins();
  }

  /**
   * The entry up to which the baseline may hold changes by now, or in a moment; said before any of
   * them is in it. So whoever has read the past as of a later entry, and asks afterwards, has read
   * what was right; who has read it as of an earlier one has to look closer.
   */
  public long foldedSequence() {
    return maintenance.foldedSequence();
  }

  /** How far the wall clock is behind the newest entry; 0 when it is not. */
  long clockBehindNanos() {
    return journal.clockBehindNanos();
  }

  /** How the group is doing. */
  public GroupStatus status() throws IOException {
    IOException failure = journal.failure();
    Kept kept = maintenance.kept();
    Manifest.Baseline baseline = files.readManifest().baseline();
    boolean asIs = kept.has(baseline.sequence());
    long horizon = asIs ? baseline.sequence() : kept.atOrAfter(baseline.sequence()).getKey();
    long horizonTime =
        asIs ? baseline.timeNanos() : kept.atOrAfter(baseline.sequence()).getValue().timeNanos();
    long clockBehindNanos = clockBehindNanos();
    return new GroupStatus(
        journal.writtenSequence(),
        journal.durableSequence(),
        maintenance.appliedSequence(),
        horizon,
        horizonTime,
        Math.max(horizonTime, kept.endTimeNanos()),
        maintenance.journalBytes(),
        maintenance.historyBytes(),
        files.storage().usableBytes(),
        failure == null ? null : failure.getMessage(),
        fullAlarm != null ? fullAlarm : maintenance.alarm(),
        maintenance.room(),
        clockBehindNanos,
        ClockWatch.problem(clockBehindNanos));
  }

  /**
   * One duty cycle: applies if that is due, seals, prepares, folds.
   *
   * @return whether there was anything to do
   */
  public boolean maintain() throws IOException {
    return maintenance.cycle();
  }

  /**
   * Says that the group is about to be closed: {@link #close}, from now on, is quick. Who closes
   * several groups says it to all of them first. Changes are still taken.
   */
  public void prepareToClose() {
    maintenance.prepareToEnd();
  }

  /**
   * Brings the images up to date and closes. Where that takes too long, the next opening does it
   * from the journal. What was acknowledged is kept even when this fails.
   */
  @Override
  public void close() throws IOException {
    maintenance.end();
    try (Closeable _ = writerLock;
        LiveDisks _ = disks;
        Closeable _ = maintenance::signHead;
        Journal _ = journal;
        Branch _ = branch;
        Unprotected _ = unprotected;
        Rewinder _ = rewinder) {
      unprotected.sync();
      if (journal.failure() == null) {
        maintenance.apply();
      }
    }
  }
}
