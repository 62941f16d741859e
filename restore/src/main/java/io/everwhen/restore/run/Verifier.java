package io.everwhen.restore.run;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.Damage;
import io.everwhen.journal.history.DamageSurvey;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.history.Hole;
import io.everwhen.journal.history.Lost;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.restore.plan.LostInstants;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.VerifyReport.Finding;
import io.everwhen.restore.stamp.TrustedAuthorities;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads everything that a history consists of, and says what damage there is and what it costs. One
 * thread.
 */
public final class Verifier {

  private final History history;
  private final Progress progress;
  private final DamageSurvey survey;
  private final @Nullable String trustedKey;
  private final @Nullable TrustedAuthorities authorities;

  public Verifier(History history, Progress progress) {
    this(history, progress, null, null);
  }

  /**
   * A verifier that insists on a key, or on an authority.
   *
   * @param trustedKey the fingerprint of the only key whose signature counts; null for any
   * @param authorities the only ones whose time stamps count; null for any
   */
  public Verifier(
      History history,
      Progress progress,
      @Nullable String trustedKey,
      @Nullable TrustedAuthorities authorities) {
    this.authorities = authorities;
    this.trustedKey = trustedKey;
    this.history = history;
    this.progress = progress;
    this.survey = new DamageSurvey(history);
  }

  /**
   * Verifies the baseline, every segment, their order, their chain of seals, its end, its signature
   * and its time stamps.
   */
  public VerifyReport verify() throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (Manifest.Disk disk : history.manifest().disks()) {
      survey.of(disk).map(Verifier::finding).ifPresent(findings::add);
    }
    for (Hole hole : history.holes()) {
      findings.add(finding(survey.of(hole)));
    }
    List<HistorySegment> segments = history.segments();
    long entries = 0;
    long bytes = 0;
    for (int i = 0; i < segments.size(); i++) {
      findings.addAll(verify(segments, i));
      SegmentIndex index = segments.get(i).index();
      entries += index.lastSequence() - index.firstSequence() + 1;
      bytes += index.dataLength();
      progress.at(i + 1, segments.size());
    }
    Optional<String> tail = history.tailDamage();
    if (tail.isPresent()) {
      findings.add(tailFinding(tail.get()));
    }
    HeadCheck head = new HeadCheck(history, trustedKey).run();
    findings.addAll(head.findings());
    StampCheck stamps = new StampCheck(history, authorities).run();
    findings.addAll(stamps.findings());
    return new VerifyReport(
        segments.size(),
        entries,
        bytes,
        head.signed(),
        stamps.stamped(),
        stamps.folded(),
        findings);
  }

  /** Verifies one segment, and that it follows from what comes before. */
  List<Finding> verifySegment(long number) throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (Hole hole : history.holes()) {
      if (hole.segment() == number) {
        findings.add(finding(survey.of(hole)));
      }
    }
    List<HistorySegment> segments = history.segments();
    for (int i = 0; i < segments.size(); i++) {
      if (segments.get(i).number() == number) {
        findings.addAll(verify(segments, i));
      }
    }
    return findings;
  }

  private List<Finding> verify(List<HistorySegment> segments, int i) throws IOException {
    HistorySegment segment = segments.get(i);
    SegmentIndex index = segment.index();
    List<Finding> findings = new ArrayList<>();
    survey.of(segment).map(Verifier::finding).ifPresent(findings::add);
    Link before =
        i == 0
            ? Link.after(history.manifest().baseline())
            : Link.after(segments.get(i - 1).index(), segments.get(i - 1).sealed());
    if (!before.leadsTo(index, segment.sealed())) {
      findings.add(
          new Finding(
              history.storage().describe() + "/" + JournalFiles.segmentName(index),
              "it does not follow from what comes before: something was changed, removed or added",
              "nothing vouches for what is restored from seq:%d (%s) on"
                  .formatted(index.firstSequence(), Times.text(index.firstTimeNanos())),
              List.of()));
    }
    return findings;
  }

  static Finding finding(Damage damage) {
    String cost =
        damage.lost().isEmpty()
            ? "every instant can still be restored"
            : LostInstants.text(damage.lost());
    return new Finding(damage.where(), damage.what(), cost, damage.lost());
  }

  private Finding tailFinding(String what) throws IOException {
    List<Lost> lost = new ArrayList<>();
    for (Manifest.Disk disk : history.manifest().disks()) {
      lost.add(new Lost(disk.name(), history.head(), null));
    }
    return new Finding(history.storage().describe(), what, LostInstants.text(lost), lost);
  }
}
