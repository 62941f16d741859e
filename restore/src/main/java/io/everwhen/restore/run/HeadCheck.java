package io.everwhen.restore.run;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.Lost;
import io.everwhen.restore.plan.LostInstants;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.VerifyReport.Finding;
import io.everwhen.restore.run.VerifyReport.Signed;
import java.io.IOException;
import java.util.ArrayList;
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
    Optional<String> damage = history.proofs().headDamage();
    Optional<SignedHead> head = history.proofs().signedHead();
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
      return;
    }
    switch (SealVerdict.of(history, head, "signed")) {
      case SealVerdict.Wrong(String what) -> add(what);
      case SealVerdict.Folded() -> {} // nothing that is left is signed
      case SealVerdict.Fits() ->
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
