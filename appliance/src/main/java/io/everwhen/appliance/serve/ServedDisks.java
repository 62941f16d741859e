package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.WhenFull;
import io.everwhen.appliance.store.Adoption;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.StoredGroup;
import io.everwhen.journal.history.Retention;
import io.everwhen.journal.io.Pace;
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
  private final List<OpenGroup> open = new CopyOnWriteArrayList<>();

  private volatile @Nullable Retention retention;
  private volatile boolean unprotected;

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
    return open.stream().flatMap(group -> group.disks().stream()).toList();
  }

  /** The journals that they have. */
  List<OpenGroup> groups() {
    return List.copyOf(open);
  }

  /** That of this name, if it is open: not that of a disk with a journal of its own. */
  Optional<OpenGroup> findGroup(DiskName name) {
    return open.stream().filter(group -> group.disks().getFirst().disk().isIn(name)).findFirst();
  }

  /** The one of this name. */
  Optional<OpenDisk> find(DiskName name) {
    return all().stream().filter(disk -> disk.disk().name().equals(name)).findFirst();
  }

  /** Opens disks that have one journal, and makes them first if they are not there. */
  OpenGroup open(StoredGroup stored) throws IOException {
    OpenGroup group = OpenGroup.open(data, stored, clock, random);
    group.group().retain(retention);
    group.group().goOnUnprotected(unprotected);
    open.add(group);
    if (group.sharesVolume()) {
      log.warn(
          "{}: data and journal are on the same volume ({}). One failed volume then takes the disk and its history,"
              + " and both share its speed; --journal puts the journal elsewhere",
          stored.name(),
          stored.journal());
    }
    return group;
  }

  /** Copies what a disk is made of; it is not open yet. */
  void adopt(Adoption adoption, Pace pace) throws IOException {
    adoption.run(pace, clock, random);
  }

  /** Keeps other instants from now on; null for all. */
  void retain(@Nullable Retention policy) {
    retention = policy;
    open.forEach(group -> group.group().retain(policy));
  }

  /** What happens to changes from now on when a journal has no room. */
  void whenFull(WhenFull whenFull) {
    unprotected = whenFull == WhenFull.UNPROTECTED;
    open.forEach(group -> group.group().goOnUnprotected(unprotected));
  }

  /** Which instants are kept; null for all. */
  @Nullable Retention retention() {
    return retention;
  }

  /** Brings disks in order and closes them; no target may lead to them any more. */
  void close(OpenGroup group) throws IOException {
    open.remove(group);
    group.close();
  }

  /** Closes all, and goes on after a failure. */
  @Override
  public void close() throws IOException {
    List<OpenGroup> groups = groups();
    open.clear();
    Closing.all(groups);
  }
}
