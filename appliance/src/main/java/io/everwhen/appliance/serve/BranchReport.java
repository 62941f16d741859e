package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.StoredDisk;
import tools.jackson.databind.node.ObjectNode;

/** What there is to say of a branch. */
final class BranchReport {

  private BranchReport() {}

  /**
   * A disk that is a branch.
   *
   * @param branch what it is; it may have ceased to be one meanwhile
   */
  static ObjectNode of(OpenDisk disk, StoredDisk.Branch branch, Branches branches) {
    ObjectNode node =
        Json.object()
            .put("name", disk.disk().name().value())
            .put("disk", branch.of().value())
            .put("sequence", branch.sequence())
            .put("origin_bytes", disk.group().originBytes())
            .put("keeping", branch.keep())
            .put("copied_bytes", branches.copiedBytes(disk));
    String problem = branches.problem(disk);
    return problem == null ? node : node.put("alarm", problem);
  }
}
