package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.ConfigSource;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.PortalConfig;
import io.everwhen.appliance.store.Adoption;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.appliance.store.StoredGroup;
import io.everwhen.journal.log.Clock;
import io.everwhen.target.iscsi.Targets;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running appliance. Starts whole or not at all, and closes in the reverse order. */
public final class Appliance implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Appliance.class);

  private final Deque<Closeable> toClose = new ArrayDeque<>();
  private final Targets targets;
  private final DataDirectory data;
  private final ServedDisks disks;
  private final PastDisks pasts = new PastDisks();
  private final Adoptions adoptions = new Adoptions();
  private final Branches branches;
  private final ServedPortals portals;
  private final Exports exports;
  private final Scrubbing scrubbing;
  private final Stamping stamping;
  private final SnapshotSchedule schedule;
  private final Operations operations;
  private final Clock clock;
  private InetSocketAddress adminAddress;

  /** Serves a configuration that does not change. */
  public static Appliance start(Config config, Clock clock, RandomGenerator random)
      throws IOException {
    return start(new ConfigSource(null, _ -> config), config, clock, random);
  }

  /**
   * Opens every disk, and serves.
   *
   * @param source where the configuration can be read again
   * @param config what it says now
   * @param random for identities and challenges: any thread may call it, and nobody can foresee it
   * @throws IOException when a part of it cannot be had; nothing is left running then
   */
  public static Appliance start(
      ConfigSource source, Config config, Clock clock, RandomGenerator random) throws IOException {
    Appliance appliance = new Appliance(source, config, clock, random);
    try {
      appliance.open(config, random);
      return appliance;
    } catch (IOException | RuntimeException e) {
      try (appliance) {
        throw e;
      }
    }
  }

  private Appliance(ConfigSource source, Config config, Clock clock, RandomGenerator random)
      throws IOException {
    this.clock = clock;
    this.adminAddress = ServedPortals.resolved(config.admin());
    for (PortalConfig portal : config.portals()) {
      ServedPortals.resolved(portal.listen()); // before anything is opened
    }
    this.targets = new Targets(random);
    this.data = DataDirectory.create(config.data());
    this.disks = new ServedDisks(data, clock, random, config.retention());
    disks.whenFull(config.whenFull());
    this.portals = new ServedPortals(targets);
    this.exports = new Exports(targets, pasts);
    this.branches = new Branches(data, disks);
    targets.onDemand(new PastLogins(disks, pasts, branches, exports, clock));
    this.scrubbing = new Scrubbing(disks, clock, config.limits().verifyBytesPerSecond());
    this.stamping = new Stamping(disks, clock, random, config.timestamp());
    this.schedule = new SnapshotSchedule(disks, clock, config.snapshots());
    this.operations =
        new Operations(
            data, disks, pasts, branches, adoptions, portals, exports, targets, scrubbing, stamping,
            schedule, source, config, clock);
  }

  private void open(Config config, RandomGenerator random) throws IOException {
    DaemonFile daemonFile = new DaemonFile(data);
    toClose.push(
        data.awaitLock()
            .orElseThrow(() ->
                new IOException(
                    data.path()
                        + " is in use by another Everwhen"
                        + daemonFile.describe()
                        + "; stop that one first, or serve another directory")));
    Adoption.forgetUnfinished(data);
    toClose.push(disks);
    toClose.push(pasts);
    AdminServer admin = new AdminServer(adminAddress, this, data, random);
    toClose.push(admin);
    toClose.push(branches);
    toClose.push(adoptions); // whoever waits for one is told before management ends
    toClose.push(scrubbing);
    toClose.push(stamping);
    toClose.push(schedule);
    toClose.push(portals);
    operations.start(disksToServe(data, config));
    scrubbing.start();
    stamping.start();
    schedule.start();
    adminAddress = admin.start();
    daemonFile.write(portalAddress(), adminAddress);
    toClose.push(daemonFile);
  }

  /** The disks that are asked for, and the others that are there. */
  static List<StoredGroup> disksToServe(DataDirectory data, Config config) throws IOException {
    List<StoredDisk> disks = new ArrayList<>();
    List<DiskConfig> wanted = config.disks();
    if (wanted.isEmpty() && data.disks().isEmpty()) {
      wanted = List.of(Config.DEFAULT_DISK);
    }
    for (DiskConfig disk : wanted) {
      disks.add(data.diskFor(disk, config));
    }
    for (StoredDisk disk : data.disks()) {
      if (config.disk(disk.name()).isPresent()) {
        continue;
      }
      if (config.restricts() && disk.branch() == null) {
        throw new IOException(
            "the configuration restricts other disks and says nothing of "
                + disk.name()
                + ", which is in "
                + data.path()
                + " too; name it under 'disks', restricted or not");
      }
      disks.add(disk);
    }
    return StoredGroup.of(disks);
  }

  /** The disks that are served. */
  public List<OpenDisk> disks() {
    return disks.all();
  }

  /** The past disks that are served. */
  PastDisks pasts() {
    return pasts;
  }

  /** The branches among the disks. */
  Branches branches() {
    return branches;
  }

  /** What there is to say of them. */
  PastReport pastReport() {
    return new PastReport(pasts, disks.retention(), clock.wallNanos());
  }

  /** What can be done to them. */
  Operations operations() {
    return operations;
  }

  /** How the targets are used. */
  public Targets targets() {
    return targets;
  }

  /** Where iSCSI is served; the first address, if there are several. */
  public InetSocketAddress portalAddress() {
    return portals.all().getFirst().address();
  }

  /** Everywhere where iSCSI is served. */
  ServedPortals portals() {
    return portals;
  }

  /** Which targets lead to the disks. */
  Exports exports() {
    return exports;
  }

  /** Who time-stamps the journals. */
  Stamping stamping() {
    return stamping;
  }

  /** Who makes snapshots by itself. */
  SnapshotSchedule schedule() {
    return schedule;
  }

  /** The fingerprint of the key that signs the journals. */
  String signingKey() throws IOException {
    return data.signingKey().fingerprint();
  }

  /** Where management is served. */
  public InetSocketAddress adminAddress() {
    return adminAddress;
  }

  /**
   * Stops serving, brings every disk in order, and gives up the data directory. Goes on after a
   * failure.
   */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    while (!toClose.isEmpty()) {
      try {
        toClose.pop().close();
      } catch (IOException | RuntimeException e) {
        log.error("stopping: {}", e.getMessage(), e);
        failure = e instanceof IOException io ? io : new IOException(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
