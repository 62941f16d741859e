package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.AdoptedDisk;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.ConfigSource;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.InvalidConfigException;
import io.everwhen.appliance.config.PortalConfig;
import io.everwhen.appliance.store.Adoption;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.DataDirectory.RemovedDisk;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.Snapshots;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.appliance.store.StoredGroup;
import io.everwhen.journal.PinException;
import io.everwhen.journal.io.CopySource;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Suggestions;
import io.everwhen.restore.plan.UnavailableException;
import io.everwhen.target.iscsi.SessionStatus;
import io.everwhen.target.iscsi.Targets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an operator does to disks while they are served; one thing at a time, whoever asks.
 *
 * <p>What is true after a restart: every disk that was made is remembered in the data directory,
 * with its size, its place and whether it is read-only. What the configuration says of a disk goes
 * over that at each start and reload, except that it never shrinks one.
 */
final class Operations {

  private static final Logger log = LoggerFactory.getLogger(Operations.class);

  private final DataDirectory data;
  private final ServedDisks disks;
  private final PastDisks pasts;
  private final Branches branches;
  private final Adoptions adoptions;
  private final ServedPortals portals;
  private final Exports exports;
  private final Targets targets;
  private final Scrubbing scrubbing;
  private final Stamping stamping;
  private final SnapshotSchedule schedule;
  private final ConfigSource source;
  private final Clock clock;
  private Config config;

  Operations(
      DataDirectory data,
      ServedDisks disks,
      PastDisks pasts,
      Branches branches,
      Adoptions adoptions,
      ServedPortals portals,
      Exports exports,
      Targets targets,
      Scrubbing scrubbing,
      Stamping stamping,
      SnapshotSchedule schedule,
      ConfigSource source,
      Config config,
      Clock clock) {
    this.data = data;
    this.disks = disks;
    this.pasts = pasts;
    this.branches = branches;
    this.adoptions = adoptions;
    this.portals = portals;
    this.exports = exports;
    this.targets = targets;
    this.scrubbing = scrubbing;
    this.stamping = stamping;
    this.schedule = schedule;
    this.source = source;
    this.config = config;
    this.clock = clock;
  }

  /** Opens disks, lets them grow to what the configuration says, and serves them. */
  synchronized void start(List<StoredGroup> stored) throws IOException {
    for (StoredGroup each : stored) {
      disks.open(each);
    }
    for (OpenDisk disk : disks.all()) {
      Optional<DiskConfig> said = config.disk(disk.disk().name());
      if (said.isPresent()) {
        grow(disk, said.get().size());
        disk.writeCache(said.get().writeCache());
      }
    }
    branches.finishInterrupted();
    exports.serve(config, disks.all());
    branches.resume(this::kept);
    targets.sessionsMax(config.limits().sessions());
    targets.writeBytesMax(config.limits().writeBytes());
    targets.cpuLatency(config.limits().keepsAwake() ? CpuDmaLatency.ofMachine() : null);
    targets.discoveryCredentials(config.discoveryChap());
    for (PortalConfig portal : config.portals()) {
      portals.open(portal, config.limits().portal());
    }
  }

  /** Reads the configuration again and applies it: all of it or nothing. */
  synchronized ObjectNode reload() throws IOException, Refusal {
    Config next;
    try {
      next = source.read();
    } catch (InvalidConfigException e) {
      throw Refusal.now("nothing was changed: " + e.getMessage());
    }
    ObjectNode done =
        new Reload(
                data, disks, pasts, portals, exports, targets, scrubbing, stamping, schedule,
                source, config, next)
            .run();
    config = next;
    return done;
  }

  private static void grow(OpenDisk disk, ByteSize size) throws IOException {
    if (size.bytes() > disk.sizeBytes()) {
      disk.resize(size.bytes());
      log.info("{} has {} now, as the configuration says", disk.disk().name(), size);
    } else if (size.bytes() < disk.sizeBytes()) {
      log.warn(
          "{} has {}; the configuration says {}, but only 'everwhen disk resize' makes a disk smaller",
          disk.disk().name(),
          new ByteSize(disk.sizeBytes()),
          size);
    }
  }

  /** Which disks there are, and which were removed. */
  synchronized ObjectNode list() throws IOException {
    ObjectNode list = DiskReport.list();
    for (OpenDisk disk : disks.all()) {
      list.withArray("disks").add(DiskReport.of(disk.disk(), disk.sizeBytes()));
    }
    DiskReport.addRemoved(list, data);
    list.set("adopting", adoptions.report());
    return list;
  }

  /** Names the present instant of a disk; which entry that is. */
  long mark(DiskName name, String mark) throws IOException, Refusal {
    return find(name).group().mark(mark);
  }

  /**
   * Holds an instant of a disk's group against retention.
   *
   * @param at which, as written; null for the present one, which is marked then
   */
  ObjectNode snapshot(DiskName name, String snapshot, @Nullable String at)
      throws IOException, Refusal {
    Snapshots snapshots = find(name).openGroup().snapshots();
    long now = clock.wallNanos();
    try {
      return SnapshotReport.of(
          name,
          at == null
              ? snapshots.create(snapshot)
              : snapshots.pin(snapshot, Opening.instant(at, now), now));
    } catch (PinException | UnavailableException e) {
      throw Refusal.now(String.valueOf(e.getMessage()));
    }
  }

  /** Lets an instant go that was held. */
  ObjectNode deleteSnapshot(DiskName name, String snapshot) throws IOException, Refusal {
    try {
      find(name).openGroup().snapshots().delete(snapshot);
      return SnapshotReport.deleted(name, snapshot);
    } catch (UnavailableException e) {
      throw Refusal.unknown(String.valueOf(e.getMessage()));
    }
  }

  /** Makes a disk and serves it. */
  synchronized ObjectNode add(DiskConfig wanted) throws IOException, Refusal {
    checkCanBeNew(wanted.name(), "put it into %s, then 'everwhen reload'");
    return serve(data.diskFor(wanted, config));
  }

  /**
   * Makes a disk of content that is there already, and serves it. While the content is copied,
   * other things can be done.
   */
  ObjectNode adopt(AdoptedDisk wanted) throws IOException, Refusal {
    try (CopySource content = contentOf(wanted)) {
      Adoption adoption = begin(wanted, content);
      long bytes = content.dataBytes();
      try (Adoptions.Copying copying = adoptions.begin(wanted.name(), bytes)) {
        log.info("{} is being made of {}: {} MiB", wanted.name(), wanted.from(), bytes >> 20);
        disks.adopt(adoption, copying);
        ObjectNode done = serve(adoption.disk());
        log.info("{} is made of {}", wanted.name(), wanted.from());
        return done.put("from", wanted.from().toString());
      }
    }
  }

  private static CopySource contentOf(AdoptedDisk wanted) throws Refusal {
    try {
      return CopySource.open(wanted.from());
    } catch (IOException e) {
      throw Refusal.now(String.valueOf(e.getMessage()));
    }
  }

  private synchronized Adoption begin(AdoptedDisk wanted, CopySource content)
      throws IOException, Refusal {
    checkCanBeNew(wanted.name(), "stop the daemon, add it, put it into %s, and start again");
    DiskConfig disk;
    try {
      disk = wanted.disk(content.sizeBytes());
    } catch (IllegalArgumentException e) {
      throw Refusal.senseless(String.valueOf(e.getMessage()));
    }
    return Adoption.begin(data, data.diskFor(disk, config), wanted.from(), content);
  }

  /**
   * @param otherwise what to do where the configuration has to name the disk
   */
  private void checkCanBeNew(DiskName name, String otherwise) throws Refusal {
    if (disks.find(name).isPresent()) {
      throw Refusal.now("there is a disk " + name + " already");
    }
    if (pasts.find(name).isPresent()) {
      throw Refusal.now(
          "there is a past disk %s; 'everwhen close %s' ends it".formatted(name, name));
    }
    if (config.disk(name).isPresent() || config.restricts()) {
      throw Refusal.now(
          "the configuration says who may use which disk, so it has to say it of %s too: %s"
              .formatted(name, otherwise.formatted(source.describe())));
    }
  }

  private synchronized ObjectNode serve(StoredDisk stored) throws IOException {
    OpenDisk disk = disks.open(new StoredGroup(List.of(stored))).disks().getFirst();
    exports.serve(config, disks.all());
    return DiskReport.of(disk.disk(), disk.sizeBytes()).put("target", stored.name().iqn());
  }

  /** Gives a disk another size. */
  synchronized ObjectNode resize(DiskName name, ByteSize size, boolean force)
      throws IOException, Refusal {
    OpenDisk disk = find(name);
    ResizeCheck.check(disk, size, force);
    long sequence = disk.resize(size.bytes());
    ObjectNode done = DiskReport.of(disk.disk(), disk.sizeBytes()).put("sequence", sequence);
    config
        .disk(name)
        .filter(said -> said.size().bytes() != size.bytes())
        .ifPresent(said -> noteSize(done, said, size));
    return done;
  }

  private void noteSize(ObjectNode done, DiskConfig said, ByteSize size) {
    done.putArray("notes")
        .add(
            said.size().bytes() < size.bytes()
                ? "%s says %s; say %s there too".formatted(source.describe(), said.size(), size)
                : "%s says %s, and lets it grow to that again at the next start or reload; change it there too"
                    .formatted(source.describe(), said.size()));
  }

  /** Takes a disk out of service; its history stays unless that is to be deleted too. */
  synchronized ObjectNode remove(DiskName name, boolean force, boolean deleteHistory)
      throws IOException, Refusal {
    OpenDisk disk = find(name);
    try {
      data.checkCanBeRemoved(disk.disk());
    } catch (IOException e) {
      throw Refusal.now(String.valueOf(e.getMessage()));
    }
    checkNoPastIsOpen(disk);
    if (configNow().disk(name).isPresent()) {
      throw Refusal.now(
          "%s names %s, and would make it anew, empty; take it out there first"
              .formatted(source.describe(), name));
    }
    checkUnused(disk, force);
    List<OpenDisk> others = disks.all().stream().filter(other -> other != disk).toList();
    exports.serve(config, others);
    closeStrays(disk);
    disks.close(disk.openGroup());
    RemovedDisk removed = data.remove(disk.disk(), clock.wallNanos());
    if (deleteHistory) {
      removed.delete();
    }
    return DiskReport.of(removed, deleteHistory);
  }

  /** Closes what a login has opened while its disk was taken away. */
  private void closeStrays(OpenDisk disk) throws IOException {
    for (ServedPast past : pasts.of(disk)) {
      if (pasts.remove(past)) {
        exports.refresh();
        past.close();
      }
    }
  }

  /** The configuration as it stands in its file now; as it is in force if that cannot be read. */
  private Config configNow() {
    try {
      return source.read();
    } catch (InvalidConfigException e) {
      return config;
    }
  }

  /** Makes a disk read-only, or writable. */
  synchronized ObjectNode readOnly(DiskName name, boolean only) throws IOException, Refusal {
    OpenDisk disk = find(name);
    disk.readOnly(only);
    ObjectNode done = DiskReport.of(disk.disk(), disk.sizeBytes());
    if (config.disk(name).map(DiskConfig::readOnly).filter(said -> said != only).isPresent()) {
      done.putArray("notes")
          .add(
              "%s says read_only: %s, which counts again at the next start or reload; change it there too"
                  .formatted(source.describe(), !only));
    }
    return done;
  }

  /**
   * Serves a disk as it was at an instant, to those who may use it as it is.
   *
   * @param at the instant, as written
   * @param as what to call it; null for a name that says what it is
   */
  synchronized ObjectNode open(DiskName name, String at, @Nullable DiskName as)
      throws IOException, Refusal {
    ServedPast past = opening(as).open(find(name), at, as);
    exports.add(past);
    log.info("{} is {} at seq:{}", past.name(), name, past.sequence());
    return opened(past).put("writable", false);
  }

  /**
   * Makes a branch: a writable disk that begins as another was at an instant, for those who may use
   * that.
   *
   * @param at the instant, as written
   * @param as what to call it; null for a name that says what it is
   */
  synchronized ObjectNode branch(DiskName name, String at, @Nullable DiskName as)
      throws IOException, Refusal {
    OpenDisk of = find(name);
    try (ServedPast past = opening(as).openForBranch(of, at, as)) {
      DiskConfig wanted =
          new DiskConfig(
              past.name(),
              new ByteSize(past.disk().plan().sizeBytes()),
              past.disk().plan().disk().blockBytes(),
              null,
              null);
      branches.make(of, past.disk().plan().point(), data.diskFor(wanted, config));
      exports.serve(config, disks.all());
      log.info("{} is a branch of {} at seq:{}", past.name(), name, past.sequence());
      return opened(past).put("writable", true);
    } catch (PinException e) {
      throw Refusal.now(String.valueOf(e.getMessage()));
    }
  }

  private Opening opening(@Nullable DiskName as) throws Refusal {
    if (as != null && adoptions.has(as)) {
      throw Refusal.now("a disk %s is just being made; name the past disk otherwise".formatted(as));
    }
    return new Opening(config, pasts, branches, exports, clock);
  }

  private ObjectNode opened(ServedPast past) {
    return past.report().put("portal", DaemonFile.text(portals.all().getFirst().address()));
  }

  /**
   * Lets a disk be as it was at an instant, while it is served.
   *
   * @param at the instant, as written
   * @param force whether also while an initiator has reserved it
   */
  synchronized ObjectNode rewind(DiskName name, String at, boolean force)
      throws IOException, Refusal {
    OpenDisk disk = find(name);
    if (disk.group().isBranch()) {
      throw Refusal.now(
          "%s is a branch, which cannot be rewound; 'everwhen open %s --at %s --writable' makes another of it, and 'everwhen close %s --keep' makes it a disk of its own"
              .formatted(name, name, at, name));
    }
    Optional<String> holder = disk.unit().reservedBy();
    if (holder.isPresent() && !force) {
      throw Refusal.now(
          "%s is reserved by %s, who relies on nobody else changing it; --force rewinds it all the same"
              .formatted(name, holder.get()));
    }
    long now = clock.wallNanos();
    Instant instant = Opening.instant(at, now);
    ObjectNode done;
    try {
      done = Rewinding.rewind(disk, instant, now);
    } catch (UnavailableException | DamageException e) {
      throw Refusal.now(String.valueOf(e.getMessage()));
    }
    log.info("{} is as it was at seq:{}", name, done.path("to_sequence").asLong());
    return done;
  }

  /**
   * Ends a past disk, and the sessions with it; or a branch, with what was written to it.
   *
   * @param keep makes a branch a disk of its own instead
   * @param force ends a branch also while it is used
   */
  synchronized ObjectNode close(DiskName name, boolean keep, boolean force)
      throws IOException, Refusal {
    Optional<OpenDisk> branch = branches.find(name);
    if (branch.isPresent()) {
      return keep ? keep(branch.get()) : end(branch.get(), force);
    }
    ServedPast past = pasts.find(name).orElseThrow(() -> noPast(name));
    if (keep) {
      throw Refusal.now(
          "%s is read-only, and cannot be kept; 'everwhen open %s --at seq:%d --writable' makes a branch of it"
              .formatted(name, past.of().disk().name(), past.sequence()));
    }
    if (pasts.remove(past)) {
      exports.refresh();
      past.close();
      log.info("{} is closed", name);
    }
    return past.report();
  }

  private Refusal noPast(DiskName name) {
    List<String> there =
        Stream.concat(
                pasts.all().stream().map(ServedPast::name),
                branches.all().stream().map(branch -> branch.disk().name()))
            .map(DiskName::value)
            .toList();
    return Refusal.unknown(
        "there is no past disk or branch " + name + Suggestions.near(name.value(), there));
  }

  private ObjectNode keep(OpenDisk branch) throws IOException, Refusal {
    DiskName name = branch.disk().name();
    if (config.restricts() && config.disk(name).isEmpty()) {
      throw Refusal.now(
          "the configuration says who may use which disk, so it has to say it of %s too before that is a disk of its own: put it into %s, and 'everwhen reload'"
              .formatted(name, source.describe()));
    }
    StoredDisk.Branch stored = stored(branch);
    branches.keep(branch, this::kept);
    return BranchReport.of(branch, stored, branches).put("kept", true);
  }

  /** What a branch is; none ceases to be one meanwhile, as {@link #kept} has to wait. */
  private static StoredDisk.Branch stored(OpenDisk branch) {
    return Objects.requireNonNull(branch.disk().branch());
  }

  /** A branch is a disk of its own now. */
  private synchronized void kept(OpenDisk branch) {
    try {
      branches.kept(branch);
      exports.serve(config, disks.all());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectNode end(OpenDisk branch, boolean force) throws IOException, Refusal {
    DiskName name = branch.disk().name();
    checkNoPastIsOpen(branch);
    try {
      data.checkHasNoBranches(name);
    } catch (IOException e) {
      throw Refusal.now(String.valueOf(e.getMessage()));
    }
    if (branches.isBeingKept(branch)) {
      throw Refusal.now(
          "%s is just being made a disk of its own; 'everwhen disk remove %s' takes that away when it is"
              .formatted(name, name));
    }
    checkUnused(branch, force);
    ObjectNode ended = BranchReport.of(branch, stored(branch), branches).put("kept", false);
    exports.serve(config, disks.all().stream().filter(other -> other != branch).toList());
    closeStrays(branch);
    branches.end(branch);
    log.info("{} is ended", name);
    return ended;
  }

  private void checkNoPastIsOpen(OpenDisk disk) throws Refusal {
    List<ServedPast> itsPast = pasts.of(disk);
    if (!itsPast.isEmpty()) {
      throw Refusal.now(
          "%s is open as it was, as %s; 'everwhen close NAME' ends that first"
              .formatted(
                  disk.disk().name(),
                  String.join(", ", itsPast.stream().map(past -> past.name().value()).toList())));
    }
  }

  private void checkUnused(OpenDisk disk, boolean force) throws Refusal {
    List<SessionStatus> users = exports.users(disk);
    if (!users.isEmpty() && !force) {
      throw Refusal.now(
          "%s is in use by %s; --force takes it away from them"
              .formatted(
                  disk.disk().name(),
                  String.join(
                      ", ", users.stream().map(SessionStatus::initiator).distinct().toList())));
    }
  }

  private OpenDisk find(DiskName name) throws Refusal {
    return disks
        .find(name)
        .orElseThrow(() ->
            Refusal.unknown(
                "there is no disk "
                    + name
                    + Suggestions.near(
                        name.value(),
                        disks.all().stream().map(disk -> disk.disk().name().value()).toList())));
  }
}
