package io.everwhen.appliance.store;

import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.Clock;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A disk with its group open.
 *
 * @param disk what it is
 * @param group its journal and volume; the disk is the group's only one
 * @param sharesVolume whether data and journal are on the same file system
 */
public record OpenDisk(StoredDisk disk, Group group, boolean sharesVolume) implements Closeable {

  /** Opens a disk; makes its group if that was never completed. */
  public static OpenDisk open(
      DataDirectory data,
      StoredDisk disk,
      GroupOptions options,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    DiskStorage home = data.home(disk.name());
    boolean made = home.exists(FileNames.CHECKPOINT);
    if (made && !DataDirectory.holdsGroup(disk.journal())) {
      throw new IOException(
          ("the journal of %s is not in %s. If it is on a volume of its own, mount that; if it was moved, name"
                  + " its new place with --journal. The disk is not served without it")
              .formatted(disk.name(), disk.journal()));
    }
    DiskStorage journal = DiskStorage.create(disk.journal());
    if (!made) {
      Group.create(journal, List.of(home), List.of(disk.inGroup()), clock, random);
    }
    Group group = Group.open(journal, List.of(home), options, clock, random);
    return new OpenDisk(disk, group, journal.sharesVolumeWith(home));
  }

  @Override
  public void close() throws IOException {
    group.close();
  }
}
