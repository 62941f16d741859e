package io.everwhen.appliance.store;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * The data directory of an appliance.
 *
 * <pre>
 * everwhen.lock          held by the daemon
 * daemon                 where the daemon is, while there is one
 * admin.token            what its management interface asks for
 * signing.key            with what the heads of the journals are signed
 * signing.pub            its public part, to be copied to where they are verified
 * disks/NAME/disk        what the disk is, and where its journal is
 * disks/NAME/adopting    instead of that, while it is made of content that is there already
 * disks/NAME/deleting    instead of that, while it is deleted
 * disks/NAME/image       its content, and
 * disks/NAME/checkpoint  up to which entry
 * disks/NAME/reservations  the persistent reservations that outlive the daemon
 * journal/NAME/          its journal, or that of the group NAME, unless it is kept elsewhere
 * removed/NAME.removed-WHEN/   a disk that was removed, as under disks
 * </pre>
 */
public final class DataDirectory {

  private static final String LOCK = "everwhen.lock";
  private static final String DISKS = "disks";
  private static final String DISK = "disk";
  private static final String ADOPTING = "adopting";
  private static final String DELETING = "deleting";
  private static final String JOURNAL = "journal";
  private static final String REMOVED = ".removed-";
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
  private static final int LOCK_ATTEMPTS = 20;
  private static final long LOCK_RETRY_NANOS = 50_000_000;

  private final Path path;
  private final DiskStorage storage;

  private DataDirectory(Path path, DiskStorage storage) {
    this.path = path;
    this.storage = storage;
  }

  /** An existing data directory. */
  public static DataDirectory open(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    return new DataDirectory(absolute, DiskStorage.open(absolute));
  }

  /** A data directory that is made if it is not there. */
  public static DataDirectory create(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    return new DataDirectory(absolute, DiskStorage.create(absolute));
  }

  /** Where it is, absolute. */
  public Path path() {
    return path;
  }

  /** Its own small files. */
  public DiskStorage storage() {
    return storage;
  }

  /** Takes the lock that one daemon at a time holds; empty when another process has it. */
  public Optional<Closeable> tryLock() throws IOException {
    return storage.tryLock(LOCK, Storage.LockMode.EXCLUSIVE);
  }

  /**
   * Takes the lock of the daemon, trying again for about a second: a command that looks whether
   * somebody serves here holds it for a moment.
   */
  public Optional<Closeable> awaitLock() throws IOException {
    Optional<Closeable> lock = tryLock();
    for (int attempt = 1; lock.isEmpty() && attempt < LOCK_ATTEMPTS; attempt++) {
      LockSupport.parkNanos(LOCK_RETRY_NANOS);
      lock = tryLock();
    }
    return lock;
  }

  /** The key that signs the heads of the journals; made when there is none. */
  public SigningKey signingKey() throws IOException {
    return SigningKey.in(storage);
  }

  /** The disks, by name. */
  public List<StoredDisk> disks() throws IOException {
    return disks(DISK);
  }

  private List<StoredDisk> disks(String record) throws IOException {
    if (DiskStorage.kindOf(path.resolve(DISKS)) != DiskStorage.Kind.DIRECTORY) {
      return List.of();
    }
    List<StoredDisk> disks = new ArrayList<>();
    for (String name : DiskStorage.open(path.resolve(DISKS)).subdirectories()) {
      read(path.resolve(DISKS).resolve(name), record).ifPresent(disks::add);
    }
    return disks;
  }

  private Optional<StoredDisk> disk(String name) throws IOException {
    return read(path.resolve(DISKS).resolve(name), DISK);
  }

  private Optional<StoredDisk> read(Path directory, String record) throws IOException {
    try {
      String text = DiskStorage.open(directory).readText(record);
      return Optional.of(StoredDisk.decode(text, path, directory.resolve(record).toString()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** The disk of this name; empty when there is none. */
  public Optional<StoredDisk> disk(DiskName name) throws IOException {
    return disk(name.value());
  }

  /** A disk with those that share its journal, as the data directory remembers them. */
  public StoredGroup groupOf(StoredDisk disk) throws IOException {
    List<StoredDisk> disks = new ArrayList<>();
    disks.add(disk);
    for (StoredDisk other : disks()) {
      if (!other.name().equals(disk.name()) && other.sharesJournalWith(disk)) {
        disks.add(other);
      }
    }
    return new StoredGroup(disks);
  }

  /** The group of this name; empty when there is none. */
  Optional<StoredGroup> group(DiskName name) throws IOException {
    List<StoredDisk> disks = disks().stream().filter(disk -> disk.isIn(name)).toList();
    return disks.isEmpty() ? Optional.empty() : Optional.of(new StoredGroup(disks));
  }

  /**
   * The disk that a configuration asks for, with what it says of it: the one that is there, or a
   * new one. Nothing is noted yet.
   *
   * @throws IOException when the one that is there is another, or it cannot be as asked for
   */
  public StoredDisk diskFor(DiskConfig wanted, Config config) throws IOException {
    return new WantedDisk(this, wanted, config).find();
  }

  /** Remembers what a disk is; durable when it returns. */
  public StoredDisk note(StoredDisk disk) throws IOException {
    if (!disk(disk.name()).equals(Optional.of(disk))) {
      home(disk.name()).replaceText(DISK, disk.encode(path));
    }
    return disk;
  }

  /** The disks that are being made of content, or were when their process ended. */
  public List<StoredDisk> adopting() throws IOException {
    return disks(ADOPTING);
  }

  /** Remembers that a disk is going to be; durable when it returns. */
  void noteAdopting(StoredDisk disk) throws IOException {
    home(disk.name()).replaceText(ADOPTING, disk.encode(path));
  }

  /** Makes a disk that was going to be one that is; durable when it returns. */
  void noteAdopted(StoredDisk disk) throws IOException {
    DiskStorage home = home(disk.name());
    home.rename(ADOPTING, DISK);
    home.syncDirectory();
  }

  /** Deletes what there is of a disk that was going to be. */
  void forgetAdopting(StoredDisk disk) throws IOException {
    deleteWhole(home(disk.name()), ADOPTING);
  }

  /** Where a journal is put when nobody says where. */
  Path journalFor(DiskName name) {
    return path.resolve(JOURNAL).resolve(name.value());
  }

  /** Whether the image of a disk was made completely. */
  boolean isMade(StoredDisk disk) {
    Path home = path.resolve(DISKS).resolve(disk.name().value());
    return DiskStorage.kindOf(home.resolve(FileNames.CHECKPOINT)) != DiskStorage.Kind.NOTHING;
  }

  /** Whether there is nothing of this name yet. */
  boolean isFree(DiskName name) {
    return DiskStorage.kindOf(path.resolve(DISKS).resolve(name.value()))
        == DiskStorage.Kind.NOTHING;
  }

  /**
   * Forgets a disk that was noted and could not be made.
   *
   * @param whole whether nothing of this name was there before
   */
  void forgetUnmade(StoredDisk disk, boolean whole) throws IOException {
    DiskStorage home = home(disk.name());
    if (whole) {
      home.deleteWhole();
    } else {
      home.delete(DISK);
    }
  }

  /** The branches that were made of a disk. */
  public List<StoredDisk> branchesOf(DiskName name) throws IOException {
    List<StoredDisk> branches = new ArrayList<>();
    for (StoredDisk disk : disks()) {
      StoredDisk.Branch branch = disk.branch();
      if (branch != null && branch.of().equals(name)) {
        branches.add(disk);
      }
    }
    return branches;
  }

  /**
   * Checks that a disk can be taken away: its journal has to be its own, and no branch may need it.
   *
   * @throws IOException when it is not
   */
  public void checkCanBeRemoved(StoredDisk disk) throws IOException {
    if (disk.branch() != null) {
      throw new IOException(
          "%s is a branch of %s; 'everwhen close %s' ends it"
              .formatted(disk.name(), disk.branch().of(), disk.name()));
    }
    checkHasNoBranches(disk.name());
    StoredGroup group = groupOf(disk);
    if (group.disks().size() > 1) {
      throw new IOException(
          "%s cannot be removed: it is in %s, whose disks have one journal together; 'everwhen disk set %s --read-only' keeps it as it is"
              .formatted(disk.name(), group.describe(), disk.name()));
    }
  }

  /**
   * Checks that no branch needs a disk.
   *
   * @throws IOException when one does
   */
  public void checkHasNoBranches(DiskName name) throws IOException {
    List<StoredDisk> branches = branchesOf(name);
    if (!branches.isEmpty()) {
      throw new IOException(
          "%s cannot be removed: %s was made of it, and needs its history; 'everwhen close NAME' ends that, and with --keep makes it a disk of its own first"
              .formatted(
                  name,
                  String.join(", ", branches.stream().map(each -> each.name().value()).toList())));
    }
  }

  /** Deletes a branch with everything that is its own, at rest. */
  public void deleteBranch(StoredDisk branch) throws IOException {
    DiskStorage home = home(branch.name());
    home.rename(DISK, DELETING);
    home.syncDirectory();
    finishDeleting(branch);
  }

  /** Deletes what is left of branches whose deletion was interrupted. */
  public void finishDeleting() throws IOException {
    for (StoredDisk branch : disks(DELETING)) {
      finishDeleting(branch);
    }
  }

  private void finishDeleting(StoredDisk branch) throws IOException {
    if (DiskStorage.kindOf(branch.journal()) == DiskStorage.Kind.DIRECTORY) {
      DiskStorage.open(branch.journal()).deleteWhole();
    }
    deleteWhole(home(branch.name()), DELETING);
  }

  /** Deletes a disk's home, and the record last that says what is left there. */
  private static void deleteWhole(DiskStorage home, String record) throws IOException {
    for (String name : home.list()) {
      if (!name.equals(record)) {
        home.delete(name);
      }
    }
    home.syncDirectory();
    home.deleteWhole();
  }

  /**
   * Takes a disk out of service for good, at rest. Its files stay, under a name that says so: its
   * image below {@code removed}, its journal beside where it was.
   *
   * @param nowNanos the present time
   * @throws IOException also when others share its journal; then nothing was done
   */
  public RemovedDisk remove(StoredDisk disk, long nowNanos) throws IOException {
    checkCanBeRemoved(disk);
    String name = disk.name() + REMOVED + STAMP.format(Instant.EPOCH.plusNanos(nowNanos));
    Path home = DiskStorage.create(path.resolve("removed")).directory().resolve(name);
    // From here on there is no such disk; its record goes with its image, and says where it was.
    DiskStorage.move(path.resolve(DISKS).resolve(disk.name().value()), home);
    Path journal = disk.journal().resolveSibling(name);
    StoredDisk removed = disk;
    if (holdsGroup(disk.journal())) {
      try {
        DiskStorage.move(disk.journal(), journal);
        removed = disk.withJournal(journal);
        DiskStorage.open(home).replaceText(DISK, removed.encode(path));
      } catch (FileSystemException _) {
        // A volume of its own is mounted there: it stays, and no other disk can take its place.
      }
    }
    return new RemovedDisk(removed, home);
  }

  /**
   * A disk that was removed.
   *
   * @param disk what it was, and where its history is now
   * @param home the directory of its image
   */
  public record RemovedDisk(StoredDisk disk, Path home) {

    /** Deletes everything there is of it. */
    public void delete() throws IOException {
      if (DiskStorage.kindOf(disk.journal()) == DiskStorage.Kind.DIRECTORY) {
        DiskStorage.open(disk.journal()).deleteWhole();
      }
      DiskStorage.open(home).deleteWhole();
    }
  }

  /** The disks that were removed and are still there, by name and time. */
  public List<RemovedDisk> removed() throws IOException {
    Path directory = path.resolve("removed");
    List<RemovedDisk> removed = new ArrayList<>();
    if (DiskStorage.kindOf(directory) == DiskStorage.Kind.DIRECTORY) {
      for (String name : DiskStorage.open(directory).subdirectories()) {
        Path home = directory.resolve(name);
        read(home, DISK).ifPresent(disk -> removed.add(new RemovedDisk(disk, home)));
      }
    }
    return removed;
  }

  /** Whether a group's journal is in {@code directory}. */
  public static boolean holdsGroup(Path directory) throws IOException {
    return DiskStorage.kindOf(directory) == DiskStorage.Kind.DIRECTORY
        && new JournalFiles(DiskStorage.open(directory)).hasManifest();
  }

  /** The directory of a disk's image. */
  public DiskStorage home(DiskName name) throws IOException {
    return DiskStorage.create(path.resolve(DISKS).resolve(name.value()));
  }
}
