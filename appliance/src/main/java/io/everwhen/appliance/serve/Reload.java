package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.ConfigSource;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.GroupConfig;
import io.everwhen.appliance.config.PortalConfig;
import io.everwhen.appliance.config.RetentionText;
import io.everwhen.appliance.config.SnapshotConfig;
import io.everwhen.appliance.config.TimestampConfig;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.appliance.store.StoredGroup;
import io.everwhen.journal.history.Retention;
import io.everwhen.target.iscsi.Targets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One change from a configuration to another while serving: everything that can fail is tried
 * first, and when any of it does, nothing has changed.
 */
final class Reload {

  private final DataDirectory data;
  private final ServedDisks disks;
  private final PastDisks pasts;
  private final ServedPortals portals;
  private final Exports exports;
  private final Targets targets;
  private final Scrubbing scrubbing;
  private final Stamping stamping;
  private final SnapshotSchedule schedule;
  private final ConfigSource source;
  private final Config before;
  private final Config next;

  private final List<String> changes = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  Reload(
      DataDirectory data,
      ServedDisks disks,
      PastDisks pasts,
      ServedPortals portals,
      Exports exports,
      Targets targets,
      Scrubbing scrubbing,
      Stamping stamping,
      SnapshotSchedule schedule,
      ConfigSource source,
      Config before,
      Config next) {
    this.data = data;
    this.disks = disks;
    this.pasts = pasts;
    this.portals = portals;
    this.exports = exports;
    this.targets = targets;
    this.scrubbing = scrubbing;
    this.stamping = stamping;
    this.schedule = schedule;
    this.source = source;
    this.before = before;
    this.next = next;
  }

  /**
   * Does it.
   *
   * @return what has changed, and what somebody should know
   * @throws Refusal with everything that cannot be; nothing has changed then
   */
  ObjectNode run() throws IOException, Refusal {
    List<StoredDisk> made = new ArrayList<>();
    List<String> problems = problems(made);
    if (!problems.isEmpty()) {
      throw Refusal.now("nothing was changed: " + String.join("; ", problems));
    }
    open(made);
    for (DiskConfig said : next.disks()) {
      apply(disks.find(said.name()).orElseThrow(), said);
    }
    for (GroupConfig said : next.groups()) {
      OpenDisk any = disks.find(said.disks().getFirst()).orElseThrow();
      keepHistory(any.openGroup(), said.journalSize());
    }
    changes.addAll(exports.serve(next, disks.all()));
    if (!Objects.equals(before.discoveryChap(), next.discoveryChap())) {
      targets.discoveryCredentials(next.discoveryChap());
      changes.add("discovery asks for other credentials");
    }
    if (before.limits().sessions() != next.limits().sessions()) {
      targets.sessionsMax(next.limits().sessions());
      changes.add("sessions: at most " + next.limits().sessions());
    }
    if (before.limits().writeBytes() != next.limits().writeBytes()) {
      targets.writeBytesMax(next.limits().writeBytes());
      changes.add("at most " + new ByteSize(next.limits().writeBytes()) + " of write data");
    }
    boolean awake = next.limits().keepsAwake();
    if (before.limits().keepsAwake() != awake) {
      targets.cpuLatency(awake ? CpuDmaLatency.ofMachine() : null);
      changes.add(
          "processors sleep " + (awake ? "lightly while initiators wait" : "as the system likes"));
    }
    if (before.limits().pastDisks() != next.limits().pastDisks()) {
      changes.add("past disks: at most " + next.limits().pastDisks());
    }
    long rate = next.limits().verifyBytesPerSecond();
    if (before.limits().verifyBytesPerSecond() != rate) {
      scrubbing.rate(rate);
      changes.add(
          rate == 0
              ? "histories are not verified in the background"
              : "histories are verified at " + new ByteSize(rate) + " a second");
    }
    TimestampConfig timestamp = next.timestamp();
    if (!Objects.equals(before.timestamp(), timestamp)) {
      stamping.use(timestamp);
      changes.add(
          timestamp == null
              ? "histories are not time-stamped"
              : "histories are time-stamped by " + timestamp.url());
    }
    Retention retention = next.retention();
    if (!Objects.equals(before.retention(), retention)) {
      disks.retain(retention);
      changes.add(
          retention == null
              ? "histories are not thinned any more"
              : "histories are thinned: " + RetentionText.of(retention));
    }
    if (before.whenFull() != next.whenFull()) {
      disks.whenFull(next.whenFull());
      changes.add(
          switch (next.whenFull()) {
            case REFUSE -> "changes are refused where a journal has no room";
            case UNPROTECTED -> "disks go on unprotected where a journal has no room";
          });
    }
    SnapshotConfig snapshots = next.snapshots();
    if (!Objects.equals(before.snapshots(), snapshots)) {
      schedule.use(snapshots);
      changes.add(
          snapshots == null ? "no snapshots are made by themselves" : "snapshots: " + snapshots);
    }
    closePortals();
    for (OpenDisk disk : disks.all()) {
      DiskName name = disk.disk().name();
      if (before.disk(name).isPresent() && next.disk(name).isEmpty()) {
        notes.add(
            "%s says nothing of %s any more; it is served until 'everwhen disk remove %s'"
                .formatted(source.describe(), name, name));
      }
    }
    ObjectNode done = Json.object();
    changes.forEach(done.putArray("changes")::add);
    notes.forEach(done.putArray("notes")::add);
    return done;
  }

  /**
   * What keeps this from being done.
   *
   * @param made gets the disks that are not open yet
   */
  private List<String> problems(List<StoredDisk> made) {
    List<String> problems = new ArrayList<>();
    String restart = " can only change with a restart";
    if (!before.data().equals(next.data())) {
      problems.add("data" + restart);
    }
    if (!before.admin().equals(next.admin())) {
      problems.add("admin" + restart);
    }
    if (!before.limits().portal().equals(next.limits().portal())) {
      problems.add(
          "limits, except for sessions, write_memory, verify_rate and past_disks," + restart);
    }
    for (ServedPast past : pasts.all()) {
      DiskName name = past.name();
      if (next.disk(name).isPresent()
          || next.targets().stream().anyMatch(target -> target.name().equals(name.iqn()))) {
        problems.add("there is a past disk %s; 'everwhen close %s' ends it".formatted(name, name));
      }
    }
    for (PortalConfig portal : next.portals()) {
      checkPortal(portal).ifPresent(problems::add);
    }
    for (DiskConfig said : next.disks()) {
      try {
        StoredDisk stored = data.diskFor(said, next);
        Optional<OpenDisk> open = disks.find(said.name());
        if (open.isEmpty()) {
          made.add(stored);
        } else if (said.size().bytes() > open.get().sizeBytes()) {
          open.get().checkCanHave(said.size().bytes());
        }
        if (open.isPresent() && !open.get().disk().encoding().equals(stored.encoding())) {
          problems.add(said.name() + ": compress and encrypt" + restart);
        }
      } catch (IOException | IllegalArgumentException e) {
        problems.add(said.name() + ": " + e.getMessage());
      }
    }
    checkAdopting().ifPresent(problems::add);
    for (OpenDisk disk : disks.all()) {
      StoredDisk.Branch branch = disk.disk().branch();
      boolean own = branch == null || branch.keep();
      if (own && next.restricts() && next.disk(disk.disk().name()).isEmpty()) {
        problems.add(
            "it restricts other disks and says nothing of "
                + disk.disk().name()
                + ", which is there too");
      }
    }
    return problems;
  }

  private Optional<String> checkAdopting() {
    try {
      return data.adopting().stream()
          .filter(_ -> next.restricts())
          .map(disk ->
              "it restricts other disks and says nothing of %s, which is just being made"
                  .formatted(disk.name()))
          .findFirst();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private Optional<String> checkPortal(PortalConfig wanted) {
    for (ServedPortals.Open open : portals.all()) {
      if (open.config().listen().equals(wanted.listen()) && !open.config().equals(wanted)) {
        return Optional.of(
            "the portal "
                + wanted
                + " can only get another group, address to advertise or congestion control with a restart");
      }
    }
    return Optional.empty();
  }

  /** Opens what is new; when something cannot be opened, closes it again. */
  private void open(List<StoredDisk> made) throws IOException, Refusal {
    List<OpenGroup> openedGroups = new ArrayList<>();
    List<ServedPortals.Open> openedPortals = new ArrayList<>();
    Map<OpenGroup, StoredGroup> joining = new LinkedHashMap<>();
    try {
      for (StoredGroup group : StoredGroup.of(made)) {
        Optional<OpenGroup> there = disks.findGroup(group.name());
        if (there.isPresent() && group.disks().getFirst().isIn(group.name())) {
          joining.put(there.get(), group);
        } else {
          openedGroups.add(disks.open(group));
          group.disks().forEach(disk -> changes.add("disk " + disk.name() + " is served"));
        }
      }
      for (PortalConfig portal : next.portals()) {
        if (portals.find(portal) == null) {
          openedPortals.add(portals.open(portal, next.limits().portal()));
          changes.add("portal " + portal + " is open");
        }
      }
    } catch (IOException | RuntimeException e) {
      for (ServedPortals.Open portal : openedPortals) {
        portals.close(portal);
      }
      for (OpenGroup group : openedGroups) {
        disks.close(group);
      }
      throw Refusal.now("nothing was changed: " + e.getMessage());
    }
    for (Map.Entry<OpenGroup, StoredGroup> each : joining.entrySet()) {
      join(each.getKey(), each.getValue());
    }
  }

  /** Last of all, because a group keeps the disks that it has. */
  private void join(OpenGroup group, StoredGroup joining) throws IOException, Refusal {
    for (StoredDisk disk : joining.disks()) {
      try {
        group.add(disk);
      } catch (IOException | RuntimeException e) {
        throw Refusal.now(
            "%s cannot join %s: %s. What was new before it is open; 'everwhen reload' goes on from there"
                .formatted(disk.name(), joining.describe(), e.getMessage()));
      }
      changes.add("disk " + disk.name() + " is served, in the group " + group.name());
    }
  }

  private void apply(OpenDisk disk, DiskConfig said) throws IOException {
    DiskName name = said.name();
    if (said.size().bytes() > disk.sizeBytes()) {
      disk.resize(said.size().bytes());
      changes.add(name + " has " + said.size());
    } else if (said.size().bytes() < disk.sizeBytes()) {
      notes.add(
          "%s has %s; %s says %s, but only 'everwhen disk resize' makes a disk smaller"
              .formatted(name, new ByteSize(disk.sizeBytes()), source.describe(), said.size()));
    }
    Boolean readOnly = said.readOnly();
    if (readOnly != null && readOnly != disk.disk().readOnly()) {
      disk.readOnly(readOnly);
      changes.add(name + " is " + (readOnly ? "read-only" : "read-write"));
    }
    if (said.writeCache() != disk.writeCache()) {
      disk.writeCache(said.writeCache());
      changes.add(
          name
              + (said.writeCache()
                  ? " has a write cache"
                  : " acknowledges writes when they are durable"));
    }
    keepHistory(disk.openGroup(), said.journalSize());
  }

  private void keepHistory(OpenGroup group, @Nullable ByteSize history) throws IOException {
    if (history != null && history.bytes() != group.historyBytes()) {
      group.keepHistory(history.bytes());
      changes.add(group.name() + " keeps " + history + " of history");
    }
  }

  private void closePortals() throws IOException {
    for (ServedPortals.Open portal : portals.all()) {
      if (!next.portals().contains(portal.config())) {
        portals.close(portal);
        changes.add("portal " + portal.config() + " is closed");
      }
    }
  }
}
