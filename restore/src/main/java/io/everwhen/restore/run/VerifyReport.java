package io.everwhen.restore.run;

import io.everwhen.journal.history.Lost;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a verification has found.
 *
 * @param segments that were read
 * @param entries that they hold
 * @param bytes that were read
 * @param signed up to where it is signed; null when it is not, or something is wrong with that
 * @param stamped up to where it was there when, by the time stamps that hold; oldest first
 * @param foldedStamps how many stamps speak only of what was folded since
 * @param findings what is wrong; empty when nothing is
 */
public record VerifyReport(
    long segments,
    long entries,
    long bytes,
    @Nullable Signed signed,
    List<Stamped> stamped,
    long foldedStamps,
    List<Finding> findings) {

  public VerifyReport {
    stamped = List.copyOf(stamped);
    findings = List.copyOf(findings);
  }

  /**
   * The signed end of the chain of seals.
   *
   * @param key the fingerprint of the key that signed it
   * @param sequence the last entry that is signed
   * @param timeNanos its stamp
   * @param signedNanos when it was signed, by the clock of who signed it
   * @param newerEntries how many entries are not signed yet
   */
  public record Signed(
      String key, long sequence, long timeNanos, long signedNanos, long newerEntries) {}

  /**
   * A time stamp: no entry up to one was changed, removed or added since that time.
   *
   * @param authority who stamped it, by its certificate
   * @param trusted whether that is an authority that was said to be trusted
   * @param stampedNanos the authority's time
   * @param sequence the last entry that is stamped
   * @param timeNanos that entry's own stamp
   * @param newerEntries how many entries came later
   */
  public record Stamped(
      String authority,
      boolean trusted,
      long stampedNanos,
      long sequence,
      long timeNanos,
      long newerEntries) {}

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
