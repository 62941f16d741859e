package io.everwhen.restore.run;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.HistorySegment;
import io.everwhen.journal.history.Lost;
import io.everwhen.restore.plan.LostInstants;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.VerifyReport.Finding;
import io.everwhen.restore.run.VerifyReport.Signed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Compares a history with its signed head. */
final class HeadCheck {

  private final History history;
  private final @Nullable String trusted;
  private final List<Finding> findings = new ArrayList<>();
  private @Nullable Signed signed;

  /**
   * @param trusted the fingerprint of the only key that counts; null when any key will do
   */
  HeadCheck(History history, @Nullable String trusted) {
    this.history = history;
    this.trusted = trusted;
  }

  /** What is wrong, and up to where it is signed. */
  HeadCheck run() throws IOException {
    Optional<String> damage = history.headDamage();
    Optional<SignedHead> head = history.signedHead();
    if (damage.isPresent()) {
      add(damage.get());
    } else if (head.isPresent()) {
      check(head.get());
    } else if (trusted != null) {
      add("there is no signed head, but the key " + trusted + " is asked for");
    }
    return this;
  }

  private void check(SignedHead head) throws IOException {
    if (!head.isSigned() || !head.group().equals(history.manifest().id())) {
      add("its signature does not match: the head is damaged, or forged");
      return;
    }
    if (trusted != null && !trusted.equals(head.fingerprint())) {
      add("it is signed by the key %s, not by %s".formatted(head.fingerprint(), trusted));
      return;
    }
    if (head.sequence() > history.head().sequence()) {
      removed(head);
    } else if (sealFits(head)) {
      signed =
          new Signed(
              head.fingerprint(),
              head.sequence(),
              head.timeNanos(),
              head.signedNanos(),
              history.head().sequence() - head.sequence());
    }
  }

  private void removed(SignedHead head) throws IOException {
    List<Lost> lost = new ArrayList<>();
    for (Manifest.Disk disk : history.manifest().disks()) {
      lost.add(new Lost(disk.name(), history.head(), null));
    }
    findings.add(
        new Finding(
            where(),
            "entries were removed: up to seq:%d (%s) was signed, and the history ends with seq:%d"
                .formatted(
                    head.sequence(), Times.text(head.timeNanos()), history.head().sequence()),
            LostInstants.text(lost),
            lost));
  }

  /** Whether the segment that was signed is there as it was, or folded since. */
  private boolean sealFits(SignedHead head) {
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
      add("segment " + head.segment() + ", which was signed, is not there");
      return false;
    }
    if (head.segment() > baseline.segment() && seal.isEmpty()) {
      add("segment " + head.segment() + " was signed, and has no index any more");
      return false;
    }
    if (!seal.isEmpty() && !seal.equals(head.seal())) {
      add(
          "segment %d is not as it was signed: something up to seq:%d was changed, removed or added"
              .formatted(head.segment(), head.sequence()));
      return false;
    }
    return !seal.isEmpty(); // else it was folded since
  }

  private void add(String what) {
    findings.add(
        new Finding(
            where(), what, "nothing vouches for what is restored from this history", List.of()));
  }

  private String where() {
    return history.storage().describe() + "/" + FileNames.HEAD;
  }

  List<Finding> findings() {
    return findings;
  }

  /** Null when nothing of this history is signed, or something is wrong with it. */
  @Nullable Signed signed() {
    return signed;
  }
}
