package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.StatusOptions;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.PortalConfig;
import io.everwhen.appliance.serve.SnapshotReport;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code everwhen status}. Fails, after telling what there is, when no daemon runs or a disk has
 * failed: so it serves as a health check.
 */
public final class StatusCommand implements Command<StatusOptions> {

  @Override
  public void run(StatusOptions options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(options.place());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    JsonNode report = daemon.isPresent() ? daemon.get().get("/v1/status") : atRest(options);
    if (output.json()) {
      output.line(Json.text(report));
    } else {
      print(report, output);
    }
    if (!report.path("running").asBoolean()) {
      throw new CommandFailed(
          "no daemon serves " + data.path() + "; start it with 'everwhen serve'");
    }
    for (JsonNode disk : report.path("disks")) {
      if (disk.has("failure")) {
        throw new CommandFailed(
            disk.path("name").asString() + " takes no changes: " + disk.path("failure").asString());
      }
    }
  }

  /** What can be told of a data directory that nobody serves. */
  private static ObjectNode atRest(StatusOptions options) throws IOException, CommandFailed {
    ObjectNode report = Json.object().put("running", false);
    ArrayNode disks = report.putArray("disks");
    for (Path journal : Histories.journals(options.place())) {
      try (History history = Histories.open(journal)) {
        for (Manifest.Disk disk : history.manifest().disks()) {
          ObjectNode node =
              Json.object()
                  .put("name", disk.name())
                  .put("size", history.sizeBytesAt(disk, history.head().sequence()))
                  .put("journal", journal.toString())
                  .put("last_sequence", history.head().sequence())
                  .put("last_time", Times.text(history.head().timeNanos()))
                  .put("horizon_sequence", history.horizon().sequence())
                  .put("horizon_time", Times.text(history.horizon().timeNanos()))
                  .put("every_instant_since", Times.text(history.thinnedUpTo().timeNanos()));
          addSnapshots(node, history);
          disks.add(node);
        }
      }
    }
    return report;
  }

  /** Adds how many snapshots there are, or that nobody can tell. */
  private static void addSnapshots(ObjectNode disk, History history) throws IOException {
    try {
      disk.set("snapshots", SnapshotReport.summary(history.pins()));
    } catch (FormatException e) {
      disk.put("alarm", "which snapshots there are cannot be told: " + e.getMessage());
    }
  }

  private static String portal(JsonNode portal) {
    int group = portal.path("group").asInt();
    String advertised = portal.has("advertise") ? " as " + portal.path("advertise").asString() : "";
    return portal.path("address").asString()
        + advertised
        + (group == PortalConfig.DEFAULT_GROUP ? "" : " (group " + group + ")");
  }

  private static void printTargets(JsonNode report, Output output) {
    for (JsonNode target : report.path("targets")) {
      output.line(target.path("name").asString());
      for (JsonNode rule : target.path("rules")) {
        String luns =
            rule.path("luns")
                .propertyStream()
                .map(lun -> lun.getKey() + ": " + lun.getValue().asString())
                .collect(Collectors.joining(", ", "{", "}"));
        output.line("  LUNs                  " + luns + " for " + admitted(rule));
      }
      for (JsonNode session : target.path("sessions")) {
        output.line(
            "  initiator             %s from %s"
                .formatted(
                    session.path("initiator").asString(), texts(session.path("connections"))));
      }
    }
  }

  private static String admitted(JsonNode rule) {
    String who =
        rule.path("initiators").isEmpty() ? "any initiator" : texts(rule.path("initiators"));
    String where = rule.path("networks").isEmpty() ? "" : " from " + texts(rule.path("networks"));
    return who + where + (rule.path("chap").asBoolean() ? " by CHAP" : "");
  }

  private static String texts(JsonNode list) {
    return list.valueStream().map(JsonNode::asString).collect(Collectors.joining(", "));
  }

  private static void printVerification(JsonNode verification, Output output) {
    if (verification.isMissingNode()) {
      return;
    }
    JsonNode last = verification.path("last");
    JsonNode current = verification.path("current");
    output.line(
        "  verification          %s; since %s %d segments, %d MiB"
            .formatted(
                last.isMissingNode()
                    ? "not complete yet"
                    : "%d segments, %d MiB, %s at %s"
                        .formatted(
                            last.path("segments").asLong(),
                            last.path("bytes").asLong() >> 20,
                            last.path("sound").asBoolean() ? "sound" : "DAMAGED",
                            last.path("ended").asString()),
                current.path("began").asString(),
                current.path("segments").asLong(),
                current.path("bytes").asLong() >> 20));
    for (JsonNode finding : verification.path("findings")) {
      output.line(
          "  DAMAGED: %s: %s; %s"
              .formatted(
                  finding.path("where").asString(),
                  finding.path("what").asString(),
                  finding.path("cost").asString()));
    }
    if (verification.has("problem")) {
      output.line("  VERIFICATION FAILS: " + verification.path("problem").asString());
    }
  }

  private static void printTimestamp(JsonNode timestamp, Output output) {
    if (timestamp.isMissingNode()) {
      return;
    }
    output.line("journals are time-stamped by " + timestamp.path("url").asString());
    for (JsonNode stamped : timestamp.path("stamped")) {
      output.line(
          "  %-20s  up to seq:%d at %s"
              .formatted(
                  stamped.path("disk").asString(),
                  stamped.path("sequence").asLong(),
                  stamped.path("at").asString()));
    }
    if (timestamp.has("alarm")) {
      output.line("  ALARM: " + timestamp.path("alarm").asString());
    }
  }

  private static void printPast(JsonNode past, Output output) {
    output.line(
        "%s  %s  %s"
            .formatted(
                past.path("name").asString(),
                new ByteSize(past.path("size_bytes").asLong()),
                past.path("target").asString()));
    output.line(
        "  as it was             %s at seq:%d, %s; open since %s"
            .formatted(
                past.path("disk").asString(),
                past.path("sequence").asLong(),
                past.path("time").asString(),
                past.path("opened").asString()));
    if (past.has("alarm")) {
      output.line("  ALARM: " + past.path("alarm").asString());
    }
  }

  private static void printSchedule(JsonNode schedule, Output output) {
    if (schedule.isMissingNode()) {
      return;
    }
    output.line("snapshots are made " + schedule.path("text").asString());
    if (schedule.has("alarm")) {
      output.line("  ALARM: " + schedule.path("alarm").asString());
    }
  }

  private static String branch(JsonNode branch) {
    String text =
        "of %s at seq:%d, %d MiB of which are there only%s"
            .formatted(
                branch.path("disk").asString(),
                branch.path("sequence").asLong(),
                (branch.path("origin_bytes").asLong() + (1 << 20) - 1) >> 20,
                branch.path("keeping").asBoolean(false)
                    ? "; being copied, %d MiB so far"
                        .formatted(branch.path("copied_bytes").asLong() >> 20)
                    : "");
    return branch.has("alarm") ? text + "; " + branch.path("alarm").asString() : text;
  }

  private static String group(JsonNode disk) {
    String group = disk.path("group").asString("");
    return group.isEmpty() || group.equals(disk.path("name").asString())
        ? ""
        : "  in the group " + group;
  }

  private static void print(JsonNode report, Output output) {
    if (report.path("running").asBoolean()) {
      output.line(
          "running: process %d, iSCSI on %s, management on %s"
              .formatted(
                  report.path("pid").asLong(),
                  report
                      .path("portals")
                      .valueStream()
                      .map(StatusCommand::portal)
                      .collect(Collectors.joining(", ")),
                  report.path("admin").asString()));
      output.line("journals are signed by " + report.path("signing_key").asString());
      printTimestamp(report.path("timestamp"), output);
      printSchedule(report.path("snapshot_schedule"), output);
    } else {
      output.line("not running");
    }
    printTargets(report, output);
    for (JsonNode past : report.path("past")) {
      printPast(past, output);
    }
    for (JsonNode disk : report.path("disks")) {
      output.line(
          "%s  %s%s  %s%s"
              .formatted(
                  disk.path("name").asString(),
                  new ByteSize(disk.path("size").asLong()),
                  disk.path("read_only").asBoolean() ? " read-only" : "",
                  disk.path("target").asString(""),
                  group(disk)));
      output.line(
          "  can be restored from  %s (seq:%d)"
              .formatted(
                  disk.path("horizon_time").asString(), disk.path("horizon_sequence").asLong()));
      String whole = disk.path("every_instant_since").asString("");
      if (!whole.equals(disk.path("horizon_time").asString(""))) {
        output.line("  every instant since   %s; before, some are kept".formatted(whole));
      }
      JsonNode oldest = disk.path("snapshots").path("oldest");
      if (!oldest.isMissingNode()) {
        output.line(
            "  snapshots             %d, the oldest %s of %s"
                .formatted(
                    disk.path("snapshots").path("count").asInt(),
                    oldest.path("at").asString(),
                    oldest.path("time").asString()));
      }
      output.line("  newest entry          seq:%d".formatted(disk.path("last_sequence").asLong()));
      if (disk.has("journal_bytes")) {
        output.line(
            "  journal               %s, %d MiB of %d MiB, %d MiB free on its volume"
                .formatted(
                    disk.path("journal").asString(),
                    disk.path("journal_bytes").asLong() >> 20,
                    disk.path("journal_limit_bytes").asLong() >> 20,
                    disk.path("journal_free_bytes").asLong() >> 20));
      }
      if (disk.has("filling_bytes")) {
        output.line(
            "  rewound               %d MiB are still to be filled in"
                .formatted((disk.path("filling_bytes").asLong() + (1 << 20) - 1) >> 20));
      }
      if (disk.has("branch")) {
        output.line("  branch                " + branch(disk.path("branch")));
      }
      printVerification(disk.path("verification"), output);
      JsonNode proven = disk.path("proven");
      if (!proven.isMissingNode()) {
        output.line(
            "  last proven           seq:%d, %s, at %s in %.1f s"
                .formatted(
                    proven.path("sequence").asLong(),
                    proven.path("time").asString(),
                    proven.path("proven").asString(),
                    proven.path("took_millis").asLong() / 1000.0));
      }
      for (String problem : new String[] {"failure", "alarm"}) {
        if (disk.has(problem)) {
          output.line(
              "  "
                  + problem.toUpperCase(java.util.Locale.ROOT)
                  + ": "
                  + disk.path(problem).asString());
        }
      }
      for (JsonNode alarm :
          new JsonNode[] {disk.path("room").path("alarm"), disk.path("clock_alarm")}) {
        if (!alarm.isMissingNode()) {
          output.line("  ALARM: " + alarm.asString());
        }
      }
    }
  }
}
