package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.store.Json;
import io.everwhen.journal.GroupStatus;
import java.io.IOException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code everwhen status} says of the past disks that are open. */
final class PastReport {

  private PastReport() {}

  static ArrayNode of(PastDisks pasts) throws IOException {
    ArrayNode list = Json.object().putArray("past");
    for (ServedPast past : pasts.all()) {
      list.add(of(past));
    }
    return list;
  }

  private static ObjectNode of(ServedPast past) throws IOException {
    ObjectNode node = past.report();
    GroupStatus group = past.of().group().status();
    long beyond = group.journalBytes() - group.historyBytes();
    String end = past.disk().end();
    if (end != null) {
      return node.put("alarm", end + "; 'everwhen close %s' ends it".formatted(past.name()));
    }
    if (beyond > 0) {
      node.put("journal_beyond_bytes", beyond)
          .put(
              "alarm",
              "it keeps the history of %s from being folded: the journal has %s more than its size; 'everwhen close %s' ends it"
                  .formatted(past.of().disk().name(), new ByteSize(beyond), past.name()));
    }
    return node;
  }
}
