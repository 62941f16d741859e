package io.everwhen.appliance.store;

import io.everwhen.journal.Group;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.io.CopySource;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.io.PacedFile;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The making of a disk with a journal of its own, of content that is there already.
 *
 * <p>While it goes on, the data directory remembers it as a disk that is going to be, and nobody
 * else can have its name or journal. It becomes a disk by one step at the end; before that,
 * whatever ends it, nothing of it counts, and all of it is deleted: at once, or by {@link
 * #forgetUnfinished}. One thread.
 */
public final class Adoption {

  private static final Logger log = LoggerFactory.getLogger(Adoption.class);

  /** What a journal needs beside its baseline to take changes. */
  private static final long JOURNAL_BYTES =
      JournalOptions.DEFAULT.segmentBytes() + JournalOptions.DEFAULT.reserveBytes();

  /** The checksums of a baseline take this part of it. */
  private static final int SUMS_PART = 1024;

  private final DataDirectory data;
  private final StoredDisk disk;
  private final CopySource source;

  private Adoption(DataDirectory data, StoredDisk disk, CopySource source) {
    this.data = data;
    this.disk = disk;
    this.source = source;
  }

  /**
   * Reserves the name and the journal.
   *
   * @param disk that the data directory does not know yet
   * @param path of the source, absolute
   * @param source with as many bytes as the disk
   * @throws IOException when it cannot be: there is something in the way, or not enough room
   */
  public static Adoption begin(DataDirectory data, StoredDisk disk, Path path, CopySource source)
      throws IOException {
    for (Path own : List.of(data.path(), disk.journal())) {
      if (path.startsWith(own)) {
        throw new IOException(
            "%s is inside %s, which is Everwhen's own; add a copy of it ('everwhen restore' makes one of a disk)"
                .formatted(path, own));
      }
    }
    if (disk.place() != null) {
      throw new IOException(
          "%s would be in the group %s; only a disk with a journal of its own can be made of content that is there"
              .formatted(disk.name(), disk.group()));
    }
    if (DataDirectory.holdsGroup(disk.journal())) {
      throw new IOException(
          "%s holds a history already; it is not touched. Name another directory with --journal"
              .formatted(disk.journal()));
    }
    Adoption adoption = new Adoption(data, disk, source);
    adoption.checkRoom();
    data.noteAdopting(disk);
    return adoption;
  }

  private void checkRoom() throws IOException {
    long image = source.dataBytes();
    long baseline = image + image / SUMS_PART + JOURNAL_BYTES;
    DiskStorage home = data.storage();
    DiskStorage journal = DiskStorage.nearest(disk.journal());
    if (home.sharesVolumeWith(journal)) {
      checkRoom(home, image + baseline, "its image and its journal");
    } else {
      checkRoom(home, image, "its image");
      checkRoom(journal, baseline, "its journal");
    }
  }

  private void checkRoom(DiskStorage volume, long needed, String what) throws IOException {
    long usable = volume.usableBytes();
    if (usable < needed) {
      throw new IOException(
          "%s needs %d MiB for %s on the volume of %s, where %d MiB are free: %d MiB are lacking. Make room there, or name another place"
              .formatted(
                  disk.name(),
                  mebibytes(needed),
                  what,
                  volume.describe(),
                  usable >> 20,
                  mebibytes(needed - usable)));
    }
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  /** What is made. */
  public StoredDisk disk() {
    return disk;
  }

  /**
   * Copies the content, and makes the disk one of the data directory; durable when it returns.
   *
   * @param pace told of what was read; its failure ends this
   * @throws IOException when it could not be; then nothing of it is left
   */
  public void run(Pace pace, Clock clock, RandomGenerator random) throws IOException {
    boolean done = false;
    try {
      Group.create(
          DiskStorage.create(disk.journal()),
          List.of(data.home(disk.name())),
          List.of(disk.inGroup()),
          Map.of(disk.number(), new PacedFile(source.file(), pace)),
          clock,
          random);
      source.checkUnchanged();
      data.noteAdopted(disk);
      done = true;
    } finally {
      if (!done) {
        forget(data, disk);
      }
    }
  }

  /** Deletes what those have left that ended with their process. Nobody may be adopting. */
  public static void forgetUnfinished(DataDirectory data) throws IOException {
    for (StoredDisk disk : data.adopting()) {
      log.warn("the adding of {} was interrupted; what there is of it is deleted", disk.name());
      forget(data, disk);
    }
  }

  private static void forget(DataDirectory data, StoredDisk disk) throws IOException {
    if (DiskStorage.kindOf(disk.journal()) == DiskStorage.Kind.DIRECTORY) {
      DiskStorage journal = DiskStorage.open(disk.journal());
      if (isUnused(new JournalFiles(journal), disk)) {
        // First what says that the others are whole.
        deleteWith(journal, FileNames.MANIFEST);
        deleteWith(journal, FileNames.baseline(disk.number()));
        deleteWith(journal, FileNames.baselineSums(disk.number()));
        journal.syncDirectory();
      }
    }
    data.forgetAdopting(disk);
  }

  private static void deleteWith(DiskStorage storage, String name) throws IOException {
    storage.delete(name);
    storage.delete(FileNames.temporary(name));
  }

  /** Whether there is nothing in a journal but what an adoption puts there. */
  private static boolean isUnused(JournalFiles files, StoredDisk disk) throws IOException {
    if (!files.segmentNumbers().isEmpty() || !files.indexNumbers().isEmpty()) {
      return false;
    }
    return !files.hasManifest() || files.readManifest().disks().equals(List.of(adopted(disk)));
  }

  private static Manifest.Disk adopted(StoredDisk disk) {
    return disk.inGroup().withContent();
  }
}
