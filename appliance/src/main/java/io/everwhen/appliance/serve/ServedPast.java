package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.PastDisk;
import io.everwhen.journal.history.History.Point;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.restore.plan.Times;
import io.everwhen.target.scsi.LogicalUnit;
import java.io.Closeable;
import java.io.IOException;
import tools.jackson.databind.node.ObjectNode;

/**
 * A past disk that is served.
 *
 * @param name by which it is closed, and the end of its target's name unless a login opened it
 * @param target its target's name
 * @param byLogin whether a login has opened it, so that it ends with its last session
 * @param of the disk that it was
 * @param disk its content
 * @param unit as the target serves it
 * @param openedNanos since when, by the wall clock
 */
record ServedPast(
    DiskName name,
    String target,
    boolean byLogin,
    OpenDisk of,
    PastDisk disk,
    LogicalUnit unit,
    long openedNanos)
    implements Closeable {

  /** One that somebody has asked for. */
  ServedPast(DiskName name, OpenDisk of, PastDisk disk, long openedNanos) {
    this(name, name.iqn(), false, of, disk, unit(name, of, disk), openedNanos);
  }

  /** One that a login to this target has opened. */
  ServedPast(DiskName name, String target, OpenDisk of, PastDisk disk, long openedNanos) {
    this(name, target, true, of, disk, unit(name, of, disk), openedNanos);
  }

  private static LogicalUnit unit(DiskName name, OpenDisk of, PastDisk disk) {
    return new LogicalUnit(disk, of.pastIdentity(disk, name));
  }

  /** The entry as of which it is. */
  long sequence() {
    return disk.plan().point().sequence();
  }

  /** What {@code everwhen open} says of it. */
  ObjectNode report() {
    RestorePlan plan = disk.plan();
    ObjectNode node =
        Json.object()
            .put("name", name.value())
            .put("target", target)
            .put("by_login", byLogin)
            .put("disk", of.disk().name().value())
            .put("at", plan.requested().text())
            .put("sequence", plan.point().sequence())
            .put("time", Times.text(plan.point().timeNanos()))
            .put("size_bytes", plan.sizeBytes())
            .put("block_size", plan.disk().blockBytes())
            .put("opened", Times.text(openedNanos));
    Point next = plan.nextKept();
    if (next != null) {
      node.put("next_kept_sequence", next.sequence())
          .put("next_kept_time", Times.text(next.timeNanos()));
    }
    return node;
  }

  /** No target may lead to it any more. */
  @Override
  public void close() throws IOException {
    unit.close();
    disk.close();
  }
}
