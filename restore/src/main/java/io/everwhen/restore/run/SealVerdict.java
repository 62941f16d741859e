package io.everwhen.restore.run;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.HistorySegment;
import java.util.HexFormat;

/** What a history's chain of seals says to a head that was signed of it. */
sealed interface SealVerdict {

  /** The segment is there as it was. */
  record Fits() implements SealVerdict {}

  /** The segment was folded, and others after it. */
  record Folded() implements SealVerdict {}

  /**
   * It is not.
   *
   * @param what what is wrong
   */
  record Wrong(String what) implements SealVerdict {}

  /**
   * Looks for the segment that a head names.
   *
   * @param done what was done to it, for messages, such as {@code signed}
   */
  static SealVerdict of(History history, SignedHead head, String done) {
    Manifest.Baseline baseline = history.manifest().baseline();
    String seal = head.segment() == baseline.segment() ? baseline.seal() : "";
    boolean found = head.segment() <= baseline.segment();
    for (HistorySegment segment : history.segments()) {
      if (segment.number() == head.segment()) {
        found = true;
        seal = segment.sealed() ? HexFormat.of().formatHex(segment.index().seal()) : "";
      }
    }
    if (!found) {
      return new Wrong("segment %d, which was %s, is not there".formatted(head.segment(), done));
    }
    if (head.segment() > baseline.segment() && seal.isEmpty()) {
      return new Wrong(
          "segment %d was %s, and has no index any more".formatted(head.segment(), done));
    }
    if (!seal.isEmpty() && !seal.equals(head.seal())) {
      return new Wrong(
          "segment %d is not as it was %s: something up to seq:%d was changed, removed or added"
              .formatted(head.segment(), done, head.sequence()));
    }
    return seal.isEmpty() ? new Folded() : new Fits();
  }
}
