package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.History.Point;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import tools.jackson.databind.node.ObjectNode;

/** Rewinds a disk, served or not, and tells what came of it. */
public final class Rewinding {

  private Rewinding() {}

  /**
   * Lets a disk be as it was at an instant.
   *
   * @throws io.everwhen.restore.plan.UnavailableException when that is not within its history
   */
  public static ObjectNode rewind(OpenDisk disk, Instant at, long nowNanos) throws IOException {
    Point point;
    try (History history = disk.openGroup().history()) {
      Manifest.Disk inGroup = history.disk(disk.disk().name().value()).orElseThrow();
      point = new Planner(history, nowNanos).resolve(inGroup, at);
    }
    long sequence = disk.rewind(point.sequence());
    return DiskReport.of(disk.disk(), disk.sizeBytes())
        .put("to_sequence", point.sequence())
        .put("to_time", Times.text(point.timeNanos()))
        .put("sequence", sequence)
        .put("filling_bytes", disk.fillingBytes());
  }
}
