package io.everwhen.restore.run;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.VerifyReport.Finding;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Reads everything that a history consists of, and says what damage there is and what it costs. One
 * thread.
 */
public final class Verifier {

  private final History history;
  private final Progress progress;

  public Verifier(History history, Progress progress) {
    this.history = history;
    this.progress = progress;
  }

  /** Verifies the baseline, every segment, their order, their chain of seals, and the end. */
  public VerifyReport verify() throws IOException {
    List<Finding> findings = new ArrayList<>();
    verifyBaseline(findings);
    List<HistorySegment> segments = history.segments();
    Manifest.Baseline baseline = history.manifest().baseline();
    Link expected = new Link(baseline.sequence() + 1, baseline.chain(), baseline.seal(), true);
    long entries = 0;
    long bytes = 0;
    for (int i = 0; i < segments.size(); i++) {
      HistorySegment segment = segments.get(i);
      Optional<String> damage = segment.findDamage();
      damage.ifPresent(what -> findings.add(finding(segment, what)));
      SegmentIndex index = indexOf(segment);
      if (index == null) {
        expected = Link.UNKNOWN;
      } else {
        if (expected.known && !expected.matches(index, segment.sealed())) {
          findings.add(
              finding(
                  segment,
                  "it does not follow from what comes before: something was changed, removed or added"));
        }
        expected = Link.after(index);
        entries += index.lastSequence() - index.firstSequence() + 1;
        bytes += index.dataLength();
      }
      progress.at(i + 1, segments.size());
    }
    Optional<String> tail = history.tailDamage();
    tail.ifPresent(what -> findings.add(tailFinding(what)));
    return new VerifyReport(segments.size(), entries, bytes, findings);
  }

  private Finding tailFinding(String what) {
    String cost;
    try {
      cost =
          "instants after seq:%d, %s"
              .formatted(history.head().sequence(), Times.text(history.head().timeNanos()));
    } catch (IOException e) {
      cost = "the newest instants";
    }
    return new Finding(history.storage().describe(), what, cost);
  }

  private void verifyBaseline(List<Finding> findings) throws IOException {
    for (Manifest.Disk disk : history.manifest().disks()) {
      try {
        history.checkBaseline(disk);
      } catch (DamageException | FormatException e) {
        findings.add(
            new Finding(
                history.storage().describe() + "/" + FileNames.baseline(disk.number()),
                String.valueOf(e.getMessage()),
                "every instant at which these blocks of "
                    + disk.name()
                    + " had not been written again"));
      }
    }
  }

  private static io.everwhen.journal.format.@org.jspecify.annotations.Nullable SegmentIndex indexOf(
      HistorySegment segment) {
    try {
      return segment.index();
    } catch (DamageException e) {
      return null;
    }
  }

  private Finding finding(HistorySegment segment, String what) {
    SegmentIndex index = indexOf(segment);
    String cost =
        index == null
            ? "instants from the end of the segment before on"
            : "instants from seq:%d (%s) on, for blocks that were written there and not again by then"
                .formatted(index.firstSequence(), Times.text(index.firstTimeNanos()));
    return new Finding(
        history.storage().describe() + "/" + FileNames.segment(segment.number()), what, cost);
  }

  /** What the next segment must begin with. */
  private record Link(long sequence, int chain, String seal, boolean known) {

    static final Link UNKNOWN = new Link(0, 0, "", false);

    static Link after(SegmentIndex index) {
      return new Link(
          index.lastSequence() + 1,
          index.lastChecksum(),
          HexFormat.of().formatHex(index.seal()),
          true);
    }

    boolean matches(SegmentIndex index, boolean sealed) {
      return index.firstSequence() == sequence
          && index.firstChain() == chain
          && (!sealed || index.previousSealText().equals(seal));
    }
  }
}
