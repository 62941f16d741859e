package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.HostPort;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.GroupStatus;
import io.everwhen.journal.Room;
import io.everwhen.restore.plan.Times;
import io.everwhen.target.iscsi.AccessRule;
import io.everwhen.target.iscsi.Network;
import io.everwhen.target.iscsi.SessionStatus;
import io.everwhen.target.iscsi.Target;
import io.everwhen.target.iscsi.TargetStatus;
import io.everwhen.target.scsi.LogicalUnit;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code everwhen status --json} prints of a running appliance. No secret is in it. */
final class StatusReport {

  private final Appliance appliance;
  private final Map<LogicalUnit, DiskName> names = new HashMap<>();

  private StatusReport(Appliance appliance) {
    this.appliance = appliance;
    appliance.disks().forEach(disk -> names.put(disk.unit(), disk.disk().name()));
    appliance.pasts().all().forEach(past -> names.put(past.unit(), past.name()));
  }

  static ObjectNode of(Appliance appliance) throws IOException {
    return new StatusReport(appliance).report();
  }

  private ObjectNode report() throws IOException {
    ObjectNode report =
        Json.object()
            .put("running", true)
            .put("pid", ProcessHandle.current().pid())
            .put("portal", DaemonFile.text(appliance.portalAddress()))
            .put("admin", DaemonFile.text(appliance.adminAddress()))
            .put("signing_key", appliance.signingKey());
    Stamping.Status stamping = appliance.stamping().status();
    if (stamping != null) {
      report.set("timestamp", timestamp(stamping));
    }
    SnapshotSchedule.Status schedule = appliance.schedule().status();
    if (schedule != null) {
      report.set("snapshot_schedule", schedule(schedule));
    }
    ArrayNode portals = report.putArray("portals");
    for (ServedPortals.Open portal : appliance.portals().all()) {
      portals.add(portal(portal));
    }
    Map<String, TargetStatus> use =
        appliance.targets().status().stream()
            .collect(Collectors.toMap(TargetStatus::name, status -> status));
    ArrayNode targets = report.putArray("targets");
    for (Target target : appliance.exports().targets()) {
      targets.add(target(target, use.get(target.name())));
    }
    ArrayNode disks = report.putArray("disks");
    for (OpenDisk disk : appliance.disks()) {
      disks.add(disk(disk));
    }
    report.set("past", appliance.pastReport().list());
    return report;
  }

  private static ObjectNode room(Room room) {
    ObjectNode node =
        Json.object()
            .put(
                "bound",
                switch (room.bound()) {
                  case SIZE -> "journal_size";
                  case VOLUME -> "volume";
                })
            .put("used_percent", room.usedPercent())
            .put("level", room.level());
    return room.alarm() == null ? node : node.put("alarm", room.alarm());
  }

  private static ObjectNode timestamp(Stamping.Status stamping) {
    ObjectNode node =
        Json.object()
            .put("url", stamping.config().url().toString())
            .put("every_seconds", stamping.config().every().toSeconds());
    ArrayNode stamped = node.putArray("stamped");
    stamping
        .last()
        .forEach((group, last) ->
            stamped.add(
                Json.object()
                    .put("disk", group.name().value())
                    .put("sequence", last.sequence())
                    .put("at", Times.text(last.stampedNanos()))));
    return stamping.problem() == null ? node : node.put("alarm", stamping.problem());
  }

  private static ObjectNode schedule(SnapshotSchedule.Status schedule) {
    ObjectNode node =
        Json.object()
            .put("every_seconds", schedule.config().every().toSeconds())
            .put("keep", schedule.config().keep())
            .put("text", schedule.config().toString());
    return schedule.problem() == null ? node : node.put("alarm", schedule.problem());
  }

  private static ObjectNode portal(ServedPortals.Open portal) {
    ObjectNode node =
        Json.object()
            .put("address", DaemonFile.text(portal.address()))
            .put("group", portal.config().group());
    HostPort advertise = portal.config().advertise();
    return advertise == null ? node : node.put("advertise", advertise.toString());
  }

  private ObjectNode target(Target target, @Nullable TargetStatus use) {
    ObjectNode node = Json.object().put("name", target.name());
    ArrayNode rules = node.putArray("rules");
    target.rules().forEach(rule -> rules.add(rule(rule)));
    ArrayNode sessions = node.putArray("sessions");
    if (use != null) {
      node.put("commands", use.commands())
          .put("bytes_read", use.bytesRead())
          .put("bytes_written", use.bytesWritten());
      use.sessions().forEach(session -> sessions.add(session(session)));
    }
    return node;
  }

  private ObjectNode rule(AccessRule rule) {
    ObjectNode node = Json.object();
    ObjectNode luns = node.putObject("luns");
    rule.luns()
        .units()
        .forEach((lun, unit) -> luns.put(lun.toString(), String.valueOf(names.get(unit))));
    ArrayNode initiators = node.putArray("initiators");
    rule.access().initiators().forEach(initiators::add);
    ArrayNode networks = node.putArray("networks");
    rule.access().networks().stream().map(Network::toString).forEach(networks::add);
    return node.put("chap", rule.access().credentials() != null);
  }

  private static ObjectNode session(SessionStatus session) {
    ObjectNode node = Json.object().put("initiator", session.initiator());
    ArrayNode connections = node.putArray("connections");
    session.addresses().stream().map(DaemonFile::text).forEach(connections::add);
    return node;
  }

  private ObjectNode disk(OpenDisk disk) throws IOException {
    GroupStatus status = disk.group().status();
    List<Target> targets = appliance.exports().targetsOf(disk);
    ObjectNode node =
        Json.object()
            .put("name", disk.disk().name().value())
            .put("size", disk.sizeBytes())
            .put("read_only", disk.disk().readOnly())
            .put("write_cache", disk.writeCache())
            .put("target", targets.stream().map(Target::name).collect(Collectors.joining(", ")))
            .put("group", disk.disk().group().value())
            .put("journal", disk.disk().journal().toString())
            .put("last_sequence", status.lastSequence())
            .put("durable_sequence", status.durableSequence())
            .put("applied_sequence", status.appliedSequence())
            .put("horizon_sequence", status.horizonSequence())
            .put("horizon_time", Times.text(status.horizonTimeNanos()))
            .put("every_instant_since", Times.text(status.wholeSinceTimeNanos()))
            .put("journal_bytes", status.journalBytes())
            .put("journal_limit_bytes", status.historyBytes())
            .put("journal_free_bytes", status.volumeFreeBytes());
    node.set("verification", FindingReport.of(disk.openGroup().scrubber().status()));
    disk.proof().read().ifPresent(proof -> node.set("proven", proof));
    node.set("room", room(status.room()));
    node.set("snapshots", SnapshotReport.summary(disk.group().pins()));
    if (status.clockAlarm() != null) {
      node.put("clock_behind_seconds", status.clockBehindNanos() / 1_000_000_000L)
          .put("clock_alarm", status.clockAlarm());
    }
    if (disk.fillingBytes() > 0) {
      node.put("filling_bytes", disk.fillingBytes());
    }
    disk.group()
        .unprotectedSinceNanos()
        .ifPresent(since -> node.put("unprotected_since", Times.text(since)));
    StoredDisk.Branch branch = disk.disk().branch();
    if (branch != null) {
      node.set("branch", BranchReport.of(disk, branch, appliance.branches()));
    }
    if (status.failure() != null) {
      node.put("failure", status.failure());
    }
    if (status.alarm() != null) {
      node.put("alarm", status.alarm());
    }
    return node;
  }
}
