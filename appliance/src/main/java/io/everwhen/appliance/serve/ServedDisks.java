package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.log.Clock;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The disks that are open. Any thread may look at them; one at a time opens and closes them. */
final class ServedDisks implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(ServedDisks.class);

  private final DataDirectory data;
  private final Clock clock;
  private final RandomGenerator random;
  private final List<OpenDisk> open = new CopyOnWriteArrayList<>();

  private @Nullable Retention retention;

  /**
   * @param retention which instants are kept as histories get older; null for all
   */
  ServedDisks(
      DataDirectory data, Clock clock, RandomGenerator random, @Nullable Retention retention) {
    this.retention = retention;
    this.data = data;
    this.clock = clock;
    this.random = random;
  }

  /** All of them, in the order in which they were opened. */
  List<OpenDisk> all() {
    return List.copyOf(open);
  }

  /** The one of this name. */
  Optional<OpenDisk> find(DiskName name) {
    return open.stream().filter(disk -> disk.disk().name().equals(name)).findFirst();
  }

  /** Opens a disk, and makes it first if it is not there. */
  OpenDisk open(StoredDisk stored) throws IOException {
    OpenDisk disk = OpenDisk.open(data, stored, clock, random);
    disk.group().retain(retention);
    open.add(disk);
    if (disk.sharesVolume()) {
      log.warn(
          "{}: data and journal are on the same volume ({}). One failed volume then takes the disk and its history,"
              + " and both share its speed; --journal puts the journal elsewhere",
          stored.name(),
          stored.journal());
    }
    return disk;
  }

  /** Keeps other instants from now on; null for all. */
  void retain(@Nullable Retention policy) {
    retention = policy;
    open.forEach(disk -> disk.group().retain(policy));
  }

  /** Brings a disk in order and closes it; no target may lead to it any more. */
  void close(OpenDisk disk) throws IOException {
    open.remove(disk);
    disk.close();
  }

  /** Closes all, and goes on after a failure. */
  @Override
  public void close() throws IOException {
    List<OpenDisk> disks = all();
    open.clear();
    Closing.all(disks);
  }
}
