package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.CommandFailed;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.Place;
import io.everwhen.appliance.cli.SnapshotOptions;
import io.everwhen.appliance.cli.UsageError;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.serve.SnapshotReport;
import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.Snapshots;
import io.everwhen.appliance.store.StoredDisk;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code everwhen snapshot …}: by the daemon, or on the journal itself when there is none. Reading
 * needs neither.
 */
public final class SnapshotCommands {

  private static final Pattern PLAIN = Pattern.compile("[\\w.:,+@%/=-]+");

  /** Marks the present instant, and holds it. */
  public void create(SnapshotOptions.Create options, Output output)
      throws IOException, InterruptedException, CommandFailed, UsageError {
    checkName(options.name());
    report(hold(options.data(), options.disk(), options.name(), null), output);
  }

  /** Holds an instant of the past. */
  public void pin(SnapshotOptions.Pin options, Output output)
      throws IOException, InterruptedException, CommandFailed, UsageError {
    String wanted = options.name();
    if (wanted != null) {
      checkName(wanted);
    }
    long now = new SystemClock().wallNanos();
    Instant at = Histories.instant(options.at(), now);
    // Open until it is held: meanwhile it is not folded away.
    try (History history = Histories.of(new Place(options.data(), null), options.disk())) {
      Point point = new Planner(history, now).resolve(at);
      String name = wanted == null ? nameOf(at, point) : wanted;
      report(hold(options.data(), options.disk(), name, point), output);
    }
  }

  private static String nameOf(Instant at, Point point) {
    return at instanceof Instant.AtMark mark ? mark.name() : "snapshot-" + point.sequence();
  }

  /** Which snapshots there are. */
  public void list(SnapshotOptions.List options, Output output) throws IOException, CommandFailed {
    JsonNode list;
    try (History history = Histories.of(options.place(), options.disk())) {
      List<String> disks = history.manifest().disks().stream().map(Manifest.Disk::name).toList();
      list = SnapshotReport.list(options.disk(), disks, history.pins());
    }
    if (output.json()) {
      output.line(Json.text(list));
      return;
    }
    for (JsonNode snapshot : list.path("snapshots")) {
      output.line(
          "%-40s  %-16s  %s"
              .formatted(
                  quoted(snapshot.path("at").asString()),
                  "seq:" + snapshot.path("sequence").asLong(),
                  snapshot.path("time").asString()));
    }
    if (list.path("snapshots").isEmpty()) {
      output.note("there is none; 'everwhen snapshot create' makes one");
    } else if (list.path("disks").size() > 1) {
      output.note(
          "each is of all disks of the group: "
              + String.join(
                  ", ", list.path("disks").valueStream().map(JsonNode::asString).toList()));
    }
  }

  /** Lets a snapshot go. */
  public void delete(SnapshotOptions.Delete options, Output output)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(options.data());
    StoredDisk disk = Histories.stored(data, options.disk());
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    JsonNode done;
    if (daemon.isPresent()) {
      ObjectNode which = Json.object().put("name", options.name());
      done = daemon.get().post(path(disk) + "/delete", which);
    } else {
      atRest(
          data,
          disk,
          snapshots -> {
            snapshots.delete(options.name());
            return options.name();
          });
      done = SnapshotReport.deleted(disk.name(), options.name());
    }
    output.line(
        output.json()
            ? Json.text(done)
            : "deleted snapshot:%s of %s; its instant stays as long as retention keeps it"
                .formatted(options.name(), disk.name()));
  }

  /**
   * Holds an instant.
   *
   * @param at null for the present one, which is marked then
   */
  private static JsonNode hold(Path directory, DiskName name, String snapshot, @Nullable Point at)
      throws IOException, InterruptedException, CommandFailed {
    DataDirectory data = Histories.data(directory);
    StoredDisk disk = Histories.stored(data, name);
    Optional<DaemonClient> daemon = DaemonClient.find(data);
    if (daemon.isPresent()) {
      ObjectNode what = Json.object().put("name", snapshot);
      return daemon
          .get()
          .post(path(disk), at == null ? what : what.put("at", "seq:" + at.sequence()));
    }
    return SnapshotReport.of(
        name,
        atRest(
            data,
            disk,
            snapshots ->
                at == null
                    ? snapshots.create(snapshot)
                    : snapshots.pin(
                        snapshot,
                        new Instant.AtSequence("seq:" + at.sequence(), at.sequence()),
                        at.timeNanos())));
  }

  private static String path(StoredDisk disk) {
    return "/v1/disks/" + disk.name() + "/snapshots";
  }

  /** Something that is done to the snapshots of an open group. */
  private interface Action<T> {
    T on(Snapshots snapshots) throws IOException;
  }

  private static <T> T atRest(DataDirectory data, StoredDisk disk, Action<T> action)
      throws IOException {
    try (Closeable _ =
            data.tryLock().orElseThrow(() -> new IOException(data.path() + " is in use"));
        OpenGroup open =
            OpenGroup.open(data, data.groupOf(disk), new SystemClock(), new SecureRandom())) {
      return action.on(open.snapshots());
    }
  }

  private static void checkName(String name) throws UsageError {
    try {
      Snapshots.name(name);
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()), e);
    }
  }

  private static void report(JsonNode done, Output output) {
    output.line(
        output.json()
            ? Json.text(done)
            : "snapshot of %s: %s is seq:%d, %s"
                .formatted(
                    done.path("disk").asString(),
                    quoted(done.path("at").asString()),
                    done.path("sequence").asLong(),
                    done.path("time").asString()));
  }

  /** As it can be pasted into a shell. */
  private static String quoted(String text) {
    return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
