package io.everwhen.journal;

import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.Journal;
import java.io.IOException;

/**
 * Keeps files ready for the segments that come next, so that whoever fills one has not to wait for
 * another. Called by the one who keeps the group in order, but for {@link #inRush}, which any
 * thread may ask.
 */
final class SegmentKeeper {

  /** How many files there should be behind the next segment while changes come fast. */
  private static final int FAST_SPARES = 8;

  private final Journal journal;
  private final Backlog backlog;
  private final Ending ending;
  private final Clock clock;
  private final Rush rush;

  private long flushedSequence;
  private boolean flushes;
  private long missedSegments;
  private int spares;

  SegmentKeeper(Journal journal, Backlog backlog, Ending ending, Clock clock) {
    this.journal = journal;
    this.backlog = backlog;
    this.ending = ending;
    this.clock = clock;
    this.rush = new Rush(clock.monotonicNanos());
  }

  /** Whether changes come so fast that what can wait leaves them the machine. */
  boolean inRush() {
    return rush.goesOn(backlog.position(), clock.monotonicNanos());
  }

  /**
   * Makes what may be needed until this is called again; to be called at least every few hundredths
   * of a second in a rush.
   *
   * @param most files that may wait beside the next segment
   */
  void makeInRush(int most) throws IOException {
    long durable = journal.durableSequence();
    flushes = durable != flushedSequence;
    flushedSequence = durable;
    makeFast(most);
  }

  /** The same beside what takes long, where changes come fast; nothing otherwise. */
  void makeBesideWork(int most) throws IOException {
    inRush();
    if (rush.isFast()) {
      makeFast(most);
    }
  }

  /**
   * A segment is overwritten before only where initiators flush, as that is what gets faster by it.
   * Those that are only allocated take no time, and are as many as may be needed until this is
   * called again.
   */
  private void makeFast(int most) throws IOException {
    int wanted = flushes ? 0 : Math.min(FAST_SPARES, most);
    boolean more = true;
    for (int i = 0; i <= wanted && more && !ending.begun(); i++) {
      more = journal.prepareNext(ending::begun, flushes, wanted);
    }
  }

  /**
   * Overwrites what the last rush has left that was only allocated, if it is over, and makes one of
   * those that it was short of: overwritten, even if it had been allocated in time. What is written
   * over what is in memory already is several times as fast.
   *
   * @return whether it made one
   */
  boolean makeForNextRush(int most) throws IOException {
    long missed = journal.notOverwrittenSegments();
    spares = (int) Math.min(most, spares + missed - missedSegments);
    missedSegments = missed;
    flushedSequence = journal.durableSequence(); // not all of it was the initiators' wish
    boolean more = true;
    while (more && !rush.isFast() && !ending.begun()) {
      more = journal.overwriteSome();
      inRush();
    }
    if (rush.isFast()) {
      return false;
    }
    journal.discardAllocated();
    return journal.prepareNext(ending::begun, true, spares);
  }
}
