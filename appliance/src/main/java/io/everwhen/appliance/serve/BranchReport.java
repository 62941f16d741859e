package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.OpenDisk;
import io.everwhen.appliance.store.StoredDisk;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What there is to say of a branch. */
final class BranchReport {

  private BranchReport() {}

  /**
   * A disk that is a branch.
   *
   * @param problem why it could not be made a disk of its own; null when nothing failed
   */
  static ObjectNode of(OpenDisk disk, @Nullable String problem) {
    StoredDisk.Branch branch = Objects.requireNonNull(disk.disk().branch());
    ObjectNode node =
        Json.object()
            .put("name", disk.disk().name().value())
            .put("disk", branch.of().value())
            .put("sequence", branch.sequence())
            .put("origin_bytes", disk.group().originBytes())
            .put("keeping", branch.keep());
    return problem == null ? node : node.put("alarm", problem);
  }
}
