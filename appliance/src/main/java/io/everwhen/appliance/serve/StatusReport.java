package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.journal.GroupStatus;
import io.everwhen.restore.plan.Times;
import io.everwhen.target.iscsi.SessionStatus;
import io.everwhen.target.iscsi.TargetStatus;
import java.io.IOException;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code everwhen status --json} prints of a running appliance. */
final class StatusReport {

  private StatusReport() {}

  static ObjectNode of(Appliance appliance) throws IOException {
    ObjectNode report =
        Json.object()
            .put("running", true)
            .put("pid", ProcessHandle.current().pid())
            .put("portal", DaemonFile.text(appliance.portalAddress()))
            .put("admin", DaemonFile.text(appliance.adminAddress()));
    ArrayNode disks = report.putArray("disks");
    for (OpenDisk disk : appliance.disks()) {
      disks.add(disk(disk, appliance));
    }
    return report;
  }

  private static ObjectNode disk(OpenDisk disk, Appliance appliance) throws IOException {
    GroupStatus status = disk.group().status();
    String iqn = disk.disk().name().iqn();
    ObjectNode node =
        Json.object()
            .put("name", disk.disk().name().value())
            .put("size", disk.sizeBytes())
            .put("read_only", disk.disk().readOnly())
            .put("target", iqn)
            .put("journal", disk.disk().journal().toString())
            .put("last_sequence", status.lastSequence())
            .put("durable_sequence", status.durableSequence())
            .put("applied_sequence", status.appliedSequence())
            .put("horizon_sequence", status.horizonSequence())
            .put("horizon_time", Times.text(status.horizonTimeNanos()))
            .put("journal_bytes", status.journalBytes())
            .put("journal_limit_bytes", status.historyBytes())
            .put("journal_free_bytes", status.volumeFreeBytes());
    if (status.failure() != null) {
      node.put("failure", status.failure());
    }
    if (status.alarm() != null) {
      node.put("alarm", status.alarm());
    }
    ArrayNode sessions = node.putArray("initiators");
    for (TargetStatus target : appliance.targets().status()) {
      if (target.name().equals(iqn)) {
        node.put("commands", target.commands())
            .put("bytes_read", target.bytesRead())
            .put("bytes_written", target.bytesWritten());
        for (SessionStatus session : target.sessions()) {
          sessions.add(
              Json.object()
                  .put("name", session.initiator())
                  .put(
                      "address",
                      session.addresses().stream()
                          .map(DaemonFile::text)
                          .collect(Collectors.joining(", "))));
        }
      }
    }
    return node;
  }
}
