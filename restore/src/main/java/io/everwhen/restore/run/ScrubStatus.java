package io.everwhen.restore.run;

import io.everwhen.restore.run.VerifyReport.Finding;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the background verification of a history is getting on.
 *
 * @param last the last round that was completed; null when none was
 * @param current the one that is going on, or has not begun
 * @param problem what keeps it from going on; null when nothing does
 */
public record ScrubStatus(@Nullable Round last, Round current, @Nullable String problem) {

  /**
   * A round through everything that is sealed.
   *
   * @param beganNanos when
   * @param endedNanos when, or so far
   * @param segments that were read
   * @param bytes that were read of segments and baselines
   * @param findings what is wrong, the first ones at most
   */
  public record Round(
      long beganNanos, long endedNanos, long segments, long bytes, List<Finding> findings) {

    public Round {
      findings = List.copyOf(findings);
    }
  }

  /** What is wrong, by the last round and by this one. */
  public List<Finding> findings() {
    List<Finding> all = new ArrayList<>(current.findings());
    if (last != null) {
      for (Finding finding : last.findings()) {
        if (all.stream().noneMatch(other -> other.where().equals(finding.where()))) {
          all.add(finding);
        }
      }
    }
    return all;
  }
}
