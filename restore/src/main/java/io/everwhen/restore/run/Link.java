package io.everwhen.restore.run;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import java.util.HexFormat;

/**
 * What the next segment must begin with.
 *
 * @param sequence of its first entry
 * @param chain of its first entry
 * @param seal of the segment before, in hexadecimal; empty when it is not known, because its index
 *     had to be made again
 */
record Link(long sequence, int chain, String seal) {

  static Link after(Manifest.Baseline baseline) {
    return new Link(baseline.sequence() + 1, baseline.chain(), baseline.seal());
  }

  /**
   * What follows a segment.
   *
   * @param sealed whether the index is the one on the volume
   */
  static Link after(SegmentIndex index, boolean sealed) {
    return new Link(
        index.lastSequence() + 1,
        index.lastChecksum(),
        sealed ? HexFormat.of().formatHex(index.seal()) : "");
  }

  boolean leadsTo(SegmentIndex index, boolean sealed) {
    return index.firstSequence() == sequence
        && index.firstChain() == chain
        && (!sealed || seal.isEmpty() || index.previousSealText().equals(seal));
  }
}
