package io.everwhen.journal;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.api.Assertions;

/**
 * A log and a table on two disks of one group, as a database has them: what the table holds was in
 * the log before.
 *
 * <p>Entry <em>n</em> of the log is the number <em>n</em> in one of its sectors, and the table is
 * one sector with the last number carried over. Whoever restores the two disks must find in the log
 * every number up to the one in the table.
 */
final class TwoDisks {

  static final int LOG = 0;
  static final int TABLE = 1;

  private static final int SECTOR_BYTES = 512;
  private static final int LOG_SECTORS = 24;

  private static final List<Manifest.Disk> DISKS =
      List.of(
          new Manifest.Disk(LOG, "log", (long) LOG_SECTORS * SECTOR_BYTES, SECTOR_BYTES),
          new Manifest.Disk(TABLE, "table", SECTOR_BYTES, SECTOR_BYTES));

  private final SimulatedMachine machine;
  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);

  TwoDisks(SimulatedMachine machine) {
    this.machine = machine;
  }

  Storage journal() {
    return machine.directory("journal");
  }

  void create(SplittableRandom random) throws IOException {
    Group.create(journal(), homes(), DISKS, clock, random.split());
  }

  /** The log alone. */
  void createLog(SplittableRandom random) throws IOException {
    Group.create(journal(), homes().subList(0, 1), DISKS.subList(0, 1), clock, random.split());
  }

  /** Adds the table to a group that has only the log; whether it was to be done. */
  boolean addTable(Group group) throws IOException {
    boolean lacks = group.disks().size() == TABLE;
    if (lacks) {
      group.add(DISKS.get(TABLE), homes().get(TABLE));
    }
    return lacks;
  }

  Group open(SplittableRandom random) throws IOException {
    GroupOptions options =
        new GroupOptions(
            new JournalOptions(16 << 10, 0),
            48 << 10,
            4 << 10,
            16 << 10,
            Duration.ofHours(1),
            false);
    int disks = new JournalFiles(journal()).readManifest().disks().size();
    return Group.open(journal(), homes().subList(0, disks), options, clock, random.split());
  }

  private List<Storage> homes() {
    return DISKS.stream().<Storage>map(disk -> machine.directory(disk.name())).toList();
  }

  static void write(Group group, int disk, long number) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(SECTOR_BYTES);
    while (data.hasRemaining()) {
      data.putLong(number);
    }
    long sector = disk == LOG ? number % LOG_SECTORS : 0;
    group.change(() -> group.volume(disk).write(sector * SECTOR_BYTES, data.flip()));
    group.volume(disk).settle();
  }

  /** Checks the live disks; the number in the table. */
  static long checkLive(Group group) throws IOException {
    ByteBuffer[] contents = buffers();
    for (Manifest.Disk disk : DISKS) {
      group.volume(disk.number()).read(0, contents[disk.number()]);
    }
    return check("live", contents);
  }

  /** Checks the images, after the group was closed. */
  void checkImages() throws IOException {
    ByteBuffer[] contents = buffers();
    for (Manifest.Disk disk : DISKS) {
      try (StorageFile image = machine.directory(disk.name()).openForReading(FileNames.IMAGE)) {
        image.readFully(0, contents[disk.number()]);
      }
    }
    check("images", contents);
  }

  /** Checks every instant of the history. */
  void checkHistory() throws IOException {
    try (History history = History.open(journal())) {
      long horizon = history.horizon().sequence();
      for (long sequence = horizon; sequence <= history.head().sequence(); sequence++) {
        ByteBuffer[] contents = buffers();
        for (Manifest.Disk disk : history.manifest().disks()) {
          try (PastView view = new PastView(history, disk, sequence)) {
            view.read(0, contents[disk.number()]);
          }
        }
        check("as of entry " + sequence, contents);
      }
    }
  }

  private static ByteBuffer[] buffers() {
    return DISKS.stream()
        .map(disk -> ByteBuffer.allocate((int) disk.sizeBytes()))
        .toArray(ByteBuffer[]::new);
  }

  private static long check(String what, ByteBuffer[] contents) {
    long carried = contents[TABLE].getLong(0);
    for (long number = Math.max(1, carried - LOG_SECTORS + 2); number <= carried; number++) {
      long found = contents[LOG].getLong((int) (number % LOG_SECTORS) * SECTOR_BYTES);
      // Later ones may have been written over it, but not carried over yet.
      if (found < number || (found - number) % LOG_SECTORS != 0) {
        Assertions.fail(
            "%s: the table holds number %d, but where the log should hold %d is %d",
            what, carried, number, found);
      }
    }
    return carried;
  }
}
