package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.Json;
import io.everwhen.journal.GroupStatus;
import io.everwhen.journal.history.Retention;
import io.everwhen.restore.plan.Times;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code everwhen status} says of the past disks that are open, and what they keep from being
 * done.
 *
 * @param retention which instants are kept as histories get older; null for all
 * @param nowNanos the present time
 */
record PastReport(PastDisks pasts, @Nullable Retention retention, long nowNanos) {

  private static final long MEBIBYTE = 1 << 20;

  ArrayNode list() throws IOException {
    ArrayNode list = Json.object().putArray("past");
    for (ServedPast past : pasts.all()) {
      list.add(of(past));
    }
    return list;
  }

  private ObjectNode of(ServedPast past) throws IOException {
    long openNanos = Math.max(0, nowNanos - past.openedNanos());
    ObjectNode node = past.report().put("open_seconds", openNanos / 1_000_000_000L);
    GroupStatus group = past.of().group().status();
    long beyond = Math.max(0, group.journalBytes() - group.historyBytes());
    node.put("journal_beyond_bytes", beyond);
    String end = past.disk().end();
    if (end != null) {
      node.put("alarm", "it can be read no more: " + end);
    } else if (beyond > 0) {
      node.put(
          "alarm",
          keeps(past, "folded or thinned")
              + ": the journal has %d MiB more than its size"
                  .formatted((beyond + MEBIBYTE - 1) / MEBIBYTE));
    } else if (retention != null && openNanos > retention.fine().toNanos()) {
      node.put("alarm", keeps(past, "thinned"));
    }
    return node;
  }

  private static String keeps(ServedPast past, String what) {
    return "since %s it keeps the history of %s from being %s; 'everwhen close %s' ends that"
        .formatted(Times.text(past.openedNanos()), past.of().disk().name(), what, past.name());
  }
}
