package io.everwhen.restore.plan;

import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * Finds the first bad one in a row of things, by asking about few of them. What comes before the
 * first is good, the last is bad, and from the first bad one on all are bad. Of some it may not be
 * possible to tell: then the answer may be a range. Knows nothing of disks. One thread.
 */
public final class Bisector {

  /** After that many that cannot be told the search ends with a range. */
  static final int MAX_SKIPS = 64;

  private final TreeSet<Long> skipped = new TreeSet<>();
  private long good = -1;
  private long bad;

  /**
   * A search among things numbered from 0.
   *
   * @param count at least 1
   */
  public Bisector(long count) {
    if (count < 1) {
      throw new IllegalArgumentException("there is nothing to search in");
    }
    this.bad = count - 1;
  }

  /** What was found out about one. */
  public enum Verdict {
    GOOD,
    BAD,
    /** It cannot be told. */
    SKIP
  }

  /**
   * Which one to ask about next: in the middle of the widest gap between those that are known.
   *
   * @return empty when nothing more can be found out
   */
  public OptionalLong next() {
    if (skipped.size() >= MAX_SKIPS) {
      return OptionalLong.empty();
    }
    long from = good;
    long widest = good;
    long width = 1;
    for (long known : skipped) {
      if (known - from > width) {
        widest = from;
        width = known - from;
      }
      from = known;
    }
    if (bad - from > width) {
      widest = from;
      width = bad - from;
    }
    return width == 1 ? OptionalLong.empty() : OptionalLong.of(widest + width / 2);
  }

  /** Takes in what was found out about one of those that are not known yet. */
  public void tell(long which, Verdict verdict) {
    if (which <= good || which >= bad) {
      throw new IllegalArgumentException(which + " is known already");
    }
    switch (verdict) {
      case GOOD -> good = which;
      case BAD -> bad = which;
      case SKIP -> skipped.add(which);
    }
    skipped.headSet(good, true).clear();
    skipped.tailSet(bad, true).clear();
  }

  /** The last one that is known to be good; -1 for what comes before the first. */
  public long lastGood() {
    return good;
  }

  /** The first one that is known to be bad: the answer, if the one before it is good. */
  public long firstBad() {
    return bad;
  }

  /** About how many more there are to ask about. */
  public int stepsLeft() {
    return Long.SIZE - Long.numberOfLeadingZeros(bad - good - 1);
  }
}
