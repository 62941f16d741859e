package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.Json;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.restore.plan.Times;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is said of snapshots, as JSON. */
public final class SnapshotReport {

  private SnapshotReport() {}

  /** One snapshot. */
  public static ObjectNode of(Pin pin) {
    return Json.object()
        .put("name", pin.name())
        .put("at", "snapshot:" + pin.name())
        .put("sequence", pin.sequence())
        .put("time", Times.text(pin.timeNanos()));
  }

  /** What was done to a snapshot of a disk's group. */
  public static ObjectNode of(DiskName disk, Pin pin) {
    ObjectNode node = Json.object().put("disk", disk.value());
    node.setAll(of(pin));
    return node;
  }

  /** That a snapshot of a disk's group was let go. */
  public static ObjectNode deleted(DiskName disk, String name) {
    return Json.object().put("disk", disk.value()).put("name", name).put("deleted", true);
  }

  /**
   * All snapshots of a group.
   *
   * @param disk whose they were asked for
   * @param disks for which they hold
   * @param pins oldest first
   */
  public static ObjectNode list(DiskName disk, List<String> disks, List<Pin> pins) {
    ObjectNode list = Json.object().put("disk", disk.value());
    disks.forEach(list.putArray("disks")::add);
    ArrayNode snapshots = list.putArray("snapshots");
    pins.forEach(pin -> snapshots.add(of(pin)));
    return list;
  }

  /** How many there are, and the oldest. */
  public static ObjectNode summary(List<Pin> pins) {
    ObjectNode summary = Json.object().put("count", pins.size());
    if (!pins.isEmpty()) {
      summary.set("oldest", of(pins.getFirst()));
    }
    return summary;
  }
}
