package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.Json;
import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.Lost;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.ScrubStatus;
import io.everwhen.restore.run.VerifyReport.Finding;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code verify} and {@code status} say of damage, as JSON. */
public final class FindingReport {

  private FindingReport() {}

  /** Something that is wrong. */
  public static ObjectNode of(Finding finding) {
    ObjectNode node =
        Json.object()
            .put("where", finding.where())
            .put("what", finding.what())
            .put("cost", finding.cost());
    ArrayNode lost = node.putArray("cannot_restore");
    finding.lost().forEach(each -> lost.add(of(each)));
    return node;
  }

  /** An end that is missing is open. */
  private static ObjectNode of(Lost lost) {
    ObjectNode node = Json.object().put("disk", lost.disk());
    Point after = lost.after();
    if (after != null) {
      node.put("after_sequence", after.sequence()).put("after_time", Times.text(after.timeNanos()));
    }
    Point before = lost.before();
    if (before != null) {
      node.put("before_sequence", before.sequence())
          .put("before_time", Times.text(before.timeNanos()));
    }
    return node;
  }

  /** How the background verification is getting on. */
  static ObjectNode of(ScrubStatus status) {
    ObjectNode node = Json.object();
    ScrubStatus.Round last = status.last();
    if (last != null) {
      node.set("last", of(last));
    }
    node.set("current", of(status.current()));
    if (status.problem() != null) {
      node.put("problem", status.problem());
    }
    ArrayNode findings = node.putArray("findings");
    status.findings().forEach(finding -> findings.add(of(finding)));
    return node;
  }

  private static ObjectNode of(ScrubStatus.Round round) {
    return Json.object()
        .put("began", Times.text(round.beganNanos()))
        .put("ended", Times.text(round.endedNanos()))
        .put("segments", round.segments())
        .put("bytes", round.bytes())
        .put("sound", round.findings().isEmpty());
  }
}
