package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.JournaledDisk;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.log.Clock;
import io.everwhen.target.iscsi.Access;
import io.everwhen.target.iscsi.Portal;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.Targets;
import io.everwhen.target.scsi.DiskIdentity;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running appliance. Starts whole or not at all, and closes in the reverse order. */
public final class Appliance implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Appliance.class);

  private final Deque<Closeable> toClose = new ArrayDeque<>();
  private final List<OpenDisk> disks = new ArrayList<>();
  private final Targets targets;
  private InetSocketAddress portalAddress;
  private InetSocketAddress adminAddress;

  /**
   * Opens every disk, and serves.
   *
   * @param random for identities and challenges: any thread may call it, and nobody can foresee it
   * @throws IOException when a part of it cannot be had; nothing is left running then
   */
  public static Appliance start(Config config, Clock clock, RandomGenerator random)
      throws IOException {
    Appliance appliance = new Appliance(config, random);
    try {
      appliance.open(config, clock, random);
      return appliance;
    } catch (IOException | RuntimeException e) {
      try (appliance) {
        throw e;
      }
    }
  }

  private Appliance(Config config, RandomGenerator random) throws IOException {
    this.targets = new Targets(random);
    targets.discoveryCredentials(config.discoveryChap());
    this.portalAddress = resolved(config.listen());
    this.adminAddress = resolved(config.admin());
  }

  private static InetSocketAddress resolved(HostPort address) throws IOException {
    InetSocketAddress resolved = new InetSocketAddress(address.host(), address.port());
    if (resolved.isUnresolved()) {
      throw new IOException(
          "cannot listen on " + address + ": there is no host of that name; write an address");
    }
    return resolved;
  }

  private void open(Config config, Clock clock, RandomGenerator random) throws IOException {
    DataDirectory data = DataDirectory.create(config.data());
    DaemonFile daemonFile = new DaemonFile(data);
    toClose.push(
        data.awaitLock()
            .orElseThrow(() ->
                new IOException(
                    data.path()
                        + " is in use by another Everwhen"
                        + daemonFile.describe()
                        + "; stop that one first, or serve another directory")));
    for (Map.Entry<StoredDisk, @Nullable DiskConfig> disk : disksToServe(data, config).entrySet()) {
      if (disk.getValue() == null && config.disks().stream().anyMatch(d -> !d.access().open())) {
        throw new IOException(
            "the configuration restricts other disks and says nothing of "
                + disk.getKey().name()
                + ", which is in "
                + data.path()
                + " too; name it under 'disks', restricted or not");
      }
      open(data, disk.getKey(), disk.getValue(), clock, random);
    }
    Portal portal = new Portal(portalAddress, targets);
    AdminServer admin = new AdminServer(adminAddress, this, data, random);
    toClose.push(admin);
    adminAddress = admin.start();
    toClose.push(portal::close);
    portal.start();
    portalAddress = portal.address();
    daemonFile.write(portalAddress, adminAddress);
    toClose.push(daemonFile);
  }

  /** The disks that are there, and those that are asked for. */
  private static Map<StoredDisk, @Nullable DiskConfig> disksToServe(
      DataDirectory data, Config config) throws IOException {
    Map<StoredDisk, @Nullable DiskConfig> disks = new LinkedHashMap<>();
    List<DiskConfig> wanted = config.disks();
    if (wanted.isEmpty() && data.disks().isEmpty()) {
      wanted = List.of(Config.DEFAULT_DISK);
    }
    for (DiskConfig disk : wanted) {
      disks.put(data.diskFor(disk, config), disk);
    }
    for (StoredDisk disk : data.disks()) {
      disks.putIfAbsent(disk, null);
    }
    return disks;
  }

  private static GroupOptions options(@Nullable DiskConfig disk) throws IOException {
    GroupOptions options = GroupOptions.DEFAULT;
    if (disk == null || disk.journalSize() == null) {
      return options;
    }
    try {
      return options.withHistoryBytes(disk.journalSize().bytes());
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "the journal_size of " + disk.name() + " will not do: " + e.getMessage(), e);
    }
  }

  private void open(
      DataDirectory data,
      StoredDisk stored,
      @Nullable DiskConfig config,
      Clock clock,
      RandomGenerator random)
      throws IOException {
    OpenDisk disk = OpenDisk.open(data, stored, options(config), clock, random);
    toClose.push(disk);
    disks.add(disk);
    if (disk.sharesVolume()) {
      log.warn(
          "{}: data and journal are on the same volume ({}). One failed volume then takes the disk and its history,"
              + " and both share its speed; --journal puts the journal elsewhere",
          stored.name(),
          stored.journal());
    }
    String iqn = stored.name().iqn();
    Access access = config == null ? Access.OPEN : config.access();
    targets.add(new Target(iqn, DiskIdentity.of(iqn), new JournaledDisk(disk.group(), 0), access));
  }

  /** The disks that are served. */
  public List<OpenDisk> disks() {
    return List.copyOf(disks);
  }

  /** How the targets are used. */
  public Targets targets() {
    return targets;
  }

  /** Where iSCSI is served. */
  public InetSocketAddress portalAddress() {
    return portalAddress;
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
