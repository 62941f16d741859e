package io.everwhen.appliance.store;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.appliance.config.SecretFile;
import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.restore.run.Scrubber;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;

/**
 * A journal that is open, with the disks that have it, which are one or several. Any thread may
 * read it; who changes it sees to it that nobody else does.
 */
public final class OpenGroup implements Closeable {

  private final DataDirectory data;
  private final DiskName name;
  private final Group group;
  private final DiskStorage journal;
  private final Scrubber scrubber;
  private final List<OpenDisk> disks = new CopyOnWriteArrayList<>();

  private OpenGroup(
      DataDirectory data, DiskName name, Group group, DiskStorage journal, Clock clock) {
    this.data = data;
    this.name = name;
    this.group = group;
    this.journal = journal;
    this.scrubber = new Scrubber(journal, clock);
  }

  /**
   * Notes what the disks are, and opens them; makes those first that never were completely. What
   * could not be made leaves nothing behind.
   *
   * @param stored all disks of the group
   */
  public static OpenGroup open(
      DataDirectory data, StoredGroup stored, Clock clock, RandomGenerator random)
      throws IOException {
    checkComplete(data, stored);
    // Before anything is made: what opens an encrypted journal has to be there.
    GroupOptions options = optionsOf(data, stored);
    int there = inJournal(stored).size();
    List<StoredDisk> first = there == 0 ? stored.disks() : stored.disks().subList(0, there);
    make(data, stored, first, clock, random);
    OpenGroup group = openMade(data, stored, first, options, clock, random);
    try {
      for (StoredDisk disk : stored.disks().subList(first.size(), stored.disks().size())) {
        group.add(disk);
      }
    } catch (IOException | RuntimeException e) {
      try (group) {
        throw e;
      }
    }
    return group;
  }

  private static List<Manifest.Disk> inJournal(StoredGroup stored) throws IOException {
    return DataDirectory.holdsGroup(stored.journal())
        ? new JournalFiles(DiskStorage.open(stored.journal())).readManifest().disks()
        : List.of();
  }

  /** The disks by their numbers have to be those of the journal, and then those that are new. */
  private static void checkComplete(DataDirectory data, StoredGroup stored) throws IOException {
    List<Manifest.Disk> there = inJournal(stored);
    List<StoredDisk> disks = stored.disks();
    boolean made = false;
    for (int number = 0; number < disks.size(); number++) {
      StoredDisk disk = disks.get(number);
      made |= data.isMade(disk);
      if (disk.number() != number) {
        throw incomplete(stored, there, number);
      }
      if (number < there.size() && !there.get(number).name().equals(disk.name().value())) {
        throw new IOException(
            "%s holds the history of other disks already, %s where %s would be; it is not touched"
                .formatted(stored.journal(), there.get(number).name(), disk.name()));
      }
    }
    if (disks.size() < there.size()) {
      throw incomplete(stored, there, disks.size());
    }
    if (made && there.isEmpty()) {
      throw new IOException(
          ("the journal of %s is not in %s. If it is on a volume of its own, mount that; if it was moved, name"
                  + " its new place with --journal. The disk is not served without it")
              .formatted(stored.name(), stored.journal()));
    }
  }

  private static IOException incomplete(StoredGroup stored, List<Manifest.Disk> there, int number) {
    return new IOException(
        "%s lacks its disk number %d%s: bring its directory in the data directory back from a copy, or restore the disks from %s into new ones"
            .formatted(
                stored.describe(),
                number,
                number < there.size() ? ", " + there.get(number).name() : "",
                stored.journal()));
  }

  /** Notes the disks with which the journal begins, and sees to it that all of it is there. */
  private static void make(
      DataDirectory data,
      StoredGroup stored,
      List<StoredDisk> first,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    Noted noted = new Noted(data);
    try {
      boolean made = true;
      for (StoredDisk disk : first) {
        noted.note(disk);
        made &= data.isMade(disk);
      }
      StoredDisk.Branch branch = first.getFirst().branch();
      if (!made && branch != null) {
        makeBranch(data, first.getFirst(), branch, clock, random);
      } else if (!made) {
        Group.create(
            DiskStorage.create(stored.journal()),
            homes(data, first),
            first.stream().map(StoredDisk::inGroup).toList(),
            clock,
            random);
      }
    } catch (IOException | RuntimeException e) {
      noted.forget();
      throw e;
    }
  }

  private static void makeBranch(
      DataDirectory data,
      StoredDisk disk,
      StoredDisk.Branch branch,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    StoredDisk of =
        data.disk(branch.of())
            .orElseThrow(() ->
                new IOException(
                    "there is no disk %s, of which %s is to be a branch"
                        .formatted(branch.of(), disk.name())));
    Manifest there = new JournalFiles(DiskStorage.open(of.journal())).readManifest();
    DiskStorage journal = DiskStorage.create(disk.journal());
    Group.createBranch(
        journal,
        data.home(disk.name()),
        disk.inGroup(),
        new Manifest.Origin(
            there.id(), of.number(), branch.sequence(), seenFrom(data, disk, of.journal())),
        clock,
        random);
  }

  /** Relative where both are in the data directory, so that it can be moved. */
  private static String seenFrom(DataDirectory data, StoredDisk disk, Path journal) {
    boolean both = disk.journal().startsWith(data.path()) && journal.startsWith(data.path());
    return (both ? disk.journal().relativize(journal) : journal).toString();
  }

  private static List<DiskStorage> homes(DataDirectory data, List<StoredDisk> disks)
      throws IOException {
    List<DiskStorage> homes = new ArrayList<>();
    for (StoredDisk disk : disks) {
      homes.add(data.home(disk.name()));
    }
    return homes;
  }

  private static GroupOptions optionsOf(DataDirectory data, StoredGroup stored) throws IOException {
    EncodingConfig encoding = stored.disks().getFirst().encoding();
    SecretFile secret = encoding.secret();
    return GroupOptions.DEFAULT
        .withHistoryBytes(stored.historyBytes())
        .withSigner(data.signingKey())
        .withCompression(encoding.compressionLevel())
        .withEncryption(secret == null ? null : secret.read());
  }

  private static OpenGroup openMade(
      DataDirectory data,
      StoredGroup stored,
      List<StoredDisk> disks,
      GroupOptions options,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    DiskStorage journal = DiskStorage.create(stored.journal());
    Group group = Group.open(journal, homes(data, disks), options, clock, random);
    try {
      OpenGroup open = new OpenGroup(data, stored.name(), group, journal, clock);
      for (StoredDisk disk : disks) {
        open.disks.add(new OpenDisk(data, disk, open));
      }
      return open;
    } catch (IOException | RuntimeException e) {
      try (group) {
        throw e;
      }
    }
  }

  /**
   * Makes a disk in this group, while others of it are used. One that could not be made leaves
   * nothing behind.
   *
   * @param disk with the next number
   */
  public OpenDisk add(StoredDisk disk) throws IOException {
    Noted noted = new Noted(data);
    try {
      noted.note(disk);
      group.add(disk.inGroup(), data.home(disk.name()));
    } catch (IOException | RuntimeException e) {
      // Where the journal has it, or nobody knows, the next start goes on with it.
      if (!isInJournal(disk)) {
        noted.forget();
      }
      throw e;
    }
    OpenDisk open = new OpenDisk(data, disk, this);
    disks.add(open);
    return open;
  }

  private boolean isInJournal(StoredDisk disk) {
    try {
      return new JournalFiles(journal).readManifest().disks().size() > disk.number();
    } catch (IOException e) {
      return true;
    }
  }

  /** The disks that were noted for the first time, to be forgotten if they cannot be made. */
  private static final class Noted {

    private final DataDirectory data;
    private final Map<StoredDisk, Boolean> fresh = new LinkedHashMap<>();

    Noted(DataDirectory data) {
      this.data = data;
    }

    void note(StoredDisk disk) throws IOException {
      if (data.disk(disk.name()).isEmpty()) {
        fresh.put(disk, data.isFree(disk.name()));
      }
      data.note(disk);
    }

    /** The last one first: those that are left begin with number 0. */
    void forget() throws IOException {
      for (StoredDisk disk : List.copyOf(fresh.keySet()).reversed()) {
        if (!data.isFree(disk.name())) {
          data.forgetUnmade(disk, Boolean.TRUE.equals(fresh.get(disk)));
        }
      }
    }
  }

  /** What it is called: as its disk, when it has one only that was not said to be in a group. */
  public DiskName name() {
    return name;
  }

  /** Its disks, by number. */
  public List<OpenDisk> disks() {
    return List.copyOf(disks);
  }

  /** That of this name, which is one of them. */
  public OpenDisk disk(DiskName wanted) {
    return disks.stream()
        .filter(disk -> disk.disk().name().equals(wanted))
        .findFirst()
        .orElseThrow();
  }

  /** Its journal and volumes. */
  public Group group() {
    return group;
  }

  /** Opens its history, with the content of what is encrypted. */
  public History history() throws IOException {
    SecretFile secret = disks.getFirst().disk().encoding().secret();
    return secret == null ? History.open(journal) : History.open(journal, secret.read());
  }

  /** The instants of it that are held by a name. */
  public Snapshots snapshots() {
    return new Snapshots(group, journal);
  }

  /** What verifies its history in the background. */
  public Scrubber scrubber() {
    return scrubber;
  }

  /** Whether data and journal are on the same file system. */
  public boolean sharesVolume() throws IOException {
    for (OpenDisk disk : disks) {
      if (journal.sharesVolumeWith(data.home(disk.disk().name()))) {
        return true;
      }
    }
    return false;
  }

  /** What its journal may take. */
  public long historyBytes() {
    return disks.getFirst().disk().historyBytes();
  }

  /** Lets the journal take so much from now on; remembered when this returns. */
  public void keepHistory(long bytes) throws IOException {
    for (OpenDisk disk : disks) {
      disk.noteHistory(bytes);
    }
    group.keepHistory(bytes);
  }

  /** Says that it is about to be closed, so that it has less to finish then. Comes back at once. */
  public void prepareToClose() {
    group.prepareToClose();
  }

  @Override
  public void close() throws IOException {
    disks.forEach(disk -> disk.unit().close());
    group.close();
  }
}
