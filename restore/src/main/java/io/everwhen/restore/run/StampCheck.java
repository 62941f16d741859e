package io.everwhen.restore.run;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.history.History;
import io.everwhen.restore.plan.Times;
import io.everwhen.restore.run.VerifyReport.Finding;
import io.everwhen.restore.run.VerifyReport.Stamped;
import io.everwhen.restore.stamp.StampException;
import io.everwhen.restore.stamp.StampToken;
import io.everwhen.restore.stamp.TrustedAuthorities;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Compares a history with the time stamps of its signed heads. */
final class StampCheck {

  private final History history;
  private final @Nullable TrustedAuthorities trusted;
  private final List<Finding> findings = new ArrayList<>();
  private final List<Stamped> stamped = new ArrayList<>();
  private long folded;

  /**
   * @param trusted whose stamps count; null when any authority will do
   */
  StampCheck(History history, @Nullable TrustedAuthorities trusted) {
    this.history = history;
    this.trusted = trusted;
  }

  /** What is wrong, and up to where it was there when. */
  StampCheck run() throws IOException {
    for (long number : history.proofs().stamps()) {
      String where = history.storage().describe() + "/" + FileNames.stamp(number);
      try {
        Optional<StampedHead> stamp = history.proofs().stamp(number);
        if (stamp.isPresent()) {
          check(stamp.get());
        }
      } catch (FormatException | StampException e) {
        add(where, String.valueOf(e.getMessage()));
      }
    }
    if (trusted != null && history.proofs().stamps().isEmpty()) {
      add(history.storage().describe(), "there is no time stamp, but one is asked for");
    }
    return this;
  }

  private void check(StampedHead stamp) throws IOException, StampException {
    SignedHead head = stamp.head();
    if (!head.isSigned() || !head.group().equals(history.manifest().id())) {
      throw new StampException(
          "the signature of the head in it does not match: it is damaged, or forged");
    }
    StampToken token = StampToken.of(stamp.token());
    token.checkStamps(stamp.stampedBytes());
    if (trusted != null) {
      trusted.check(token);
    }
    if (head.sequence() > history.head().sequence()) {
      throw new StampException(
          "entries were removed: up to seq:%d (%s) was time-stamped at %s, and the history ends with seq:%d"
              .formatted(
                  head.sequence(),
                  Times.text(head.timeNanos()),
                  Times.text(token.timeNanos()),
                  history.head().sequence()));
    }
    switch (SealVerdict.of(history, head, "time-stamped")) {
      case SealVerdict.Wrong(String what) -> throw new StampException(what);
      case SealVerdict.Folded() -> folded++;
      case SealVerdict.Fits() ->
          stamped.add(
              new Stamped(
                  token.authority(),
                  trusted != null,
                  token.timeNanos(),
                  head.sequence(),
                  head.timeNanos(),
                  history.head().sequence() - head.sequence()));
    }
  }

  private void add(String where, String what) {
    findings.add(
        new Finding(
            where,
            what,
            "no authority vouches for when what is restored from this history was written",
            List.of()));
  }

  List<Finding> findings() {
    return findings;
  }

  /** The stamps that hold, oldest first. */
  List<Stamped> stamped() {
    return stamped;
  }

  /** How many stamps speak only of what was folded since. */
  long folded() {
    return folded;
  }
}
