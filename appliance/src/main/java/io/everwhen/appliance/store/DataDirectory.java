package io.everwhen.appliance.store;

import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
 * disks/NAME/disk        what the disk is, and where its journal is
 * disks/NAME/image       its content, and
 * disks/NAME/checkpoint  up to which entry
 * journal/NAME/          its journal, unless it is kept elsewhere
 * </pre>
 */
public final class DataDirectory {

  private static final String LOCK = "everwhen.lock";
  private static final String DISKS = "disks";
  private static final String DISK = "disk";
  private static final String JOURNAL = "journal";
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

  /** The disks, by name. */
  public List<StoredDisk> disks() throws IOException {
    if (DiskStorage.kindOf(path.resolve(DISKS)) != DiskStorage.Kind.DIRECTORY) {
      return List.of();
    }
    List<StoredDisk> disks = new ArrayList<>();
    for (String name : DiskStorage.open(path.resolve(DISKS)).subdirectories()) {
      disk(name).ifPresent(disks::add);
    }
    return disks;
  }

  private Optional<StoredDisk> disk(String name) throws IOException {
    Path directory = path.resolve(DISKS).resolve(name);
    try {
      String text = DiskStorage.open(directory).readText(DISK);
      return Optional.of(StoredDisk.decode(text, path, directory.resolve(DISK).toString()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * The disk that a configuration asks for: the one that is there, or a new one, which is noted and
   * not made yet.
   *
   * @throws IOException when the one that is there is another
   */
  public StoredDisk diskFor(DiskConfig wanted, Config config) throws IOException {
    Path journals = config.journal();
    Path asked =
        wanted.journal() != null
            ? wanted.journal()
            : journals == null ? null : journals.resolve(wanted.name().value());
    Path journal =
        asked == null
            ? path.resolve(JOURNAL).resolve(wanted.name().value())
            : asked.toAbsolutePath().normalize();
    Optional<StoredDisk> there = disk(wanted.name().value());
    if (there.isEmpty()) {
      return note(
          new StoredDisk(wanted.name(), wanted.size().bytes(), wanted.blockSize(), journal));
    }
    StoredDisk disk = there.get();
    checkSame(disk, wanted);
    if (asked == null || journal.equals(disk.journal())) {
      return disk;
    }
    if (holdsGroup(disk.journal()) || !holdsGroup(journal)) {
      throw new IOException(
          "the journal of %s is in %s, not in %s; to move it, stop Everwhen, move the directory, and start again"
              .formatted(disk.name(), disk.journal(), journal));
    }
    return note(new StoredDisk(disk.name(), disk.sizeBytes(), disk.blockBytes(), journal));
  }

  private StoredDisk note(StoredDisk disk) throws IOException {
    home(disk.name()).replaceText(DISK, disk.encode(path));
    return disk;
  }

  private static void checkSame(StoredDisk disk, DiskConfig wanted) throws IOException {
    if (wanted.size().bytes() != disk.sizeBytes() || wanted.blockSize() != disk.blockBytes()) {
      throw new IOException(
          "%s has %s in blocks of %d bytes, which cannot become %s in blocks of %d; ask for what it has, or choose another name"
              .formatted(
                  disk.name(),
                  new ByteSize(disk.sizeBytes()),
                  disk.blockBytes(),
                  wanted.size(),
                  wanted.blockSize()));
    }
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
