package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.SnapshotConfig;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.appliance.store.Snapshots;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.journal.log.Clock;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The snapshots of one group that nobody has to ask for. Which there are, and so when the next one
 * is due, their names say: nothing else is remembered. One thread.
 */
final class ScheduledSnapshots {

  private static final Pattern NAME = Pattern.compile("scheduled-\\d{8}T\\d{6}Z");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final OpenGroup group;
  private final Snapshots snapshots;
  private final Clock clock;
  private long unchangedSequence = -1;

  ScheduledSnapshots(OpenGroup group, Clock clock) {
    this.group = group;
    this.snapshots = group.snapshots();
    this.clock = clock;
  }

  /**
   * Makes one if it is due and anything was changed since the last one, and deletes those that are
   * too many.
   */
  void step(SnapshotConfig config) throws IOException {
    deleteAllBut(config.keep());
    if (isDue(config)) {
      snapshots.create(nameAt(clock.wallNanos()));
      deleteAllBut(config.keep());
    }
  }

  private static String nameAt(long nanos) {
    return "scheduled-" + TIME.format(Instant.ofEpochSecond(TimeUnit.NANOSECONDS.toSeconds(nanos)));
  }

  /** Oldest first. */
  private List<Pin> all() {
    return snapshots.all().stream().filter(pin -> NAME.matcher(pin.name()).matches()).toList();
  }

  private boolean isDue(SnapshotConfig config) throws IOException {
    List<Pin> all = all();
    long last = 0;
    if (!all.isEmpty()) {
      Pin newest = all.getLast();
      if (clock.wallNanos() - newest.timeNanos() < config.every().toNanos()) {
        return false;
      }
      last = newest.sequence();
    }
    long now = group.group().status().lastSequence();
    if (now == unchangedSequence) {
      return false;
    }
    if (snapshots.isChangedSince(last)) {
      return true;
    }
    unchangedSequence = now;
    return false;
  }

  private void deleteAllBut(int keep) throws IOException {
    List<Pin> all = all();
    for (Pin pin : all.subList(0, Math.max(0, all.size() - keep))) {
      snapshots.delete(pin.name());
    }
  }
}
