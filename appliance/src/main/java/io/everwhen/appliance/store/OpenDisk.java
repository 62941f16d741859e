package io.everwhen.appliance.store;

import io.everwhen.appliance.config.SecretFile;
import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.Clock;
import io.everwhen.restore.run.Scrubber;
import io.everwhen.target.scsi.DiskIdentity;
import io.everwhen.target.scsi.LogicalUnit;
import io.everwhen.target.scsi.ReservationStore;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A disk with its group open; the disk is the group's only one. Any thread may read it; who changes
 * it sees to it that nobody else does.
 */
public final class OpenDisk implements Closeable {

  private final DataDirectory data;
  private final Group group;
  private final JournaledDisk device;
  private final DiskIdentity identity;
  private final LogicalUnit unit;
  private final boolean sharesVolume;
  private final Scrubber scrubber;
  private volatile StoredDisk disk;

  private OpenDisk(
      DataDirectory data,
      StoredDisk disk,
      Group group,
      ReservationStore reservations,
      boolean sharesVolume,
      Scrubber scrubber)
      throws IOException {
    this.data = data;
    this.disk = disk;
    this.group = group;
    this.sharesVolume = sharesVolume;
    this.scrubber = scrubber;
    this.device = new JournaledDisk(group, 0);
    device.readOnly(disk.readOnly());
    this.identity = DiskIdentity.of(group.id() + "/0");
    this.unit = new LogicalUnit(device, identity, reservations);
  }

  /**
   * Notes what a disk is, and opens it; makes its group if that was never completed. One that could
   * not be made leaves nothing behind.
   */
  public static OpenDisk open(
      DataDirectory data, StoredDisk disk, Clock clock, RandomGenerator random) throws IOException {
    boolean noted = data.disk(disk.name()).isPresent();
    data.note(disk);
    try {
      return openNoted(data, disk, clock, random);
    } catch (IOException | RuntimeException e) {
      if (!noted) {
        data.forgetUnmade(disk);
      }
      throw e;
    }
  }

  private static OpenDisk openNoted(
      DataDirectory data, StoredDisk disk, Clock clock, RandomGenerator random) throws IOException {
    DiskStorage home = data.home(disk.name());
    boolean made = home.exists(FileNames.CHECKPOINT);
    if (made && !DataDirectory.holdsGroup(disk.journal())) {
      throw new IOException(
          ("the journal of %s is not in %s. If it is on a volume of its own, mount that; if it was moved, name"
                  + " its new place with --journal. The disk is not served without it")
              .formatted(disk.name(), disk.journal()));
    }
    SecretFile secret = disk.encoding().secret();
    GroupOptions options =
        GroupOptions.DEFAULT
            .withHistoryBytes(disk.historyBytes())
            .withSigner(data.signingKey())
            .withCompression(disk.encoding().compressionLevel())
            .withEncryption(secret == null ? null : secret.read());
    DiskStorage journal = DiskStorage.create(disk.journal());
    if (!made) {
      Group.create(journal, List.of(home), List.of(disk.inGroup()), clock, random);
    }
    Group group = Group.open(journal, List.of(home), options, clock, random);
    try {
      boolean sharesVolume = journal.sharesVolumeWith(home);
      return new OpenDisk(
          data, disk, group, new ReservationFile(home), sharesVolume, new Scrubber(journal, clock));
    } catch (IOException | RuntimeException e) {
      try (group) {
        throw e;
      }
    }
  }

  /** What it is. */
  public StoredDisk disk() {
    return disk;
  }

  /** Its journal and volume. */
  public Group group() {
    return group;
  }

  /** What verifies its history in the background. */
  public Scrubber scrubber() {
    return scrubber;
  }

  /** As the target serves it, with the persistent reservations that there are. */
  public LogicalUnit unit() {
    return unit;
  }

  /**
   * By what initiators recognise it. Not its name: a host that uses the disks of two appliances has
   * to see that equal names are not two paths to one disk.
   */
  public DiskIdentity identity() {
    return identity;
  }

  /** Whether data and journal are on the same file system. */
  public boolean sharesVolume() {
    return sharesVolume;
  }

  /** Bytes on the disk. */
  public long sizeBytes() {
    return group.volume(0).sizeBytes();
  }

  /**
   * Gives it another size, durably.
   *
   * @return the entry after which it has that
   */
  public long resize(long bytes) throws IOException {
    return group.resize(0, bytes);
  }

  /**
   * Checks that it can have another size.
   *
   * @throws IOException when its volumes cannot hold such a file
   * @throws IllegalArgumentException when it is not whole blocks
   */
  public void checkCanHave(long bytes) throws IOException {
    group.checkCanHave(0, bytes);
  }

  /**
   * Gives it a volatile write cache, or none: then each change is durable before it is
   * acknowledged, and so is every earlier one when this returns. Not remembered: it is said at each
   * start.
   */
  public void writeCache(boolean cache) throws IOException {
    device.writeThrough(!cache);
    if (!cache) {
      group.volume(0).sync();
    }
  }

  /** Whether changes are acknowledged before they are durable. */
  public boolean writeCache() {
    return !device.writeThrough();
  }

  /** Lets initiators only read it from now on, or write again; remembered when this returns. */
  public void readOnly(boolean only) throws IOException {
    if (disk.readOnly() != only) {
      disk = data.note(disk.withReadOnly(only));
    }
    device.readOnly(only);
  }

  /** Lets the journal take so much from now on; remembered when this returns. */
  public void keepHistory(long bytes) throws IOException {
    if (disk.historyBytes() != bytes) {
      disk = data.note(disk.withHistoryBytes(bytes));
    }
    group.keepHistory(bytes);
  }

  /** Says that it is about to be closed, so that it has less to finish then. Comes back at once. */
  public void prepareToClose() {
    group.prepareToClose();
  }

  @Override
  public void close() throws IOException {
    unit.close();
    group.close();
  }
}
