package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.DataDirectory;
import io.everwhen.appliance.store.DataDirectory.RemovedDisk;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.StoredDisk;
import java.io.IOException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the {@code disk} commands say of disks, as JSON. */
public final class DiskReport {

  private DiskReport() {}

  /** An empty list of disks. */
  public static ObjectNode list() {
    ObjectNode list = Json.object();
    list.putArray("disks");
    list.putArray("removed");
    return list;
  }

  /** Adds the disks that were removed and are still there. */
  public static void addRemoved(ObjectNode list, DataDirectory data) throws IOException {
    ArrayNode removed = list.withArray("removed");
    for (RemovedDisk disk : data.removed()) {
      removed.add(of(disk, false));
    }
  }

  /** A disk without its size. */
  public static ObjectNode of(StoredDisk disk) {
    return Json.object()
        .put("name", disk.name().value())
        .put("block_size", disk.blockBytes())
        .put("read_only", disk.readOnly())
        .put("group", disk.group().value())
        .put("journal", disk.journal().toString())
        .put("journal_limit_bytes", disk.historyBytes());
  }

  /** A disk. */
  public static ObjectNode of(StoredDisk disk, long sizeBytes) {
    return of(disk).put("size", sizeBytes);
  }

  /** A disk that was removed. */
  public static ObjectNode of(RemovedDisk removed, boolean deleted) {
    ObjectNode node =
        Json.object().put("name", removed.disk().name().value()).put("history_deleted", deleted);
    return deleted
        ? node
        : node.put("journal", removed.disk().journal().toString())
            .put("image", removed.home().toString());
  }
}
