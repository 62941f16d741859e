package io.everwhen.restore.run;

import io.everwhen.journal.history.Lost;
import java.util.List;

/**
 * What a verification has found.
 *
 * @param segments that were read
 * @param entries that they hold
 * @param bytes that were read
 * @param findings what is wrong; empty when nothing is
 */
public record VerifyReport(long segments, long entries, long bytes, List<Finding> findings) {

  public VerifyReport {
    findings = List.copyOf(findings);
  }

  /**
   * Something that is wrong.
   *
   * @param where the file
   * @param what is wrong with it
   * @param cost what that means for restoring, as text
   * @param lost the instants that cannot be restored because of it
   */
  public record Finding(String where, String what, String cost, List<Lost> lost) {

    public Finding {
      lost = List.copyOf(lost);
    }
  }
}
