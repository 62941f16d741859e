package io.everwhen.journal;

import io.everwhen.journal.log.JournalOptions;
import java.time.Duration;

/**
 * How a group is kept.
 *
 * @param journal its segments
 * @param historyBytes what the journal may take before the oldest segment is folded into the
 *     baseline
 * @param applyBytes journal bytes after which the image is brought up to date
 * @param backlogBytes journal bytes that the image may lag behind before changes wait
 * @param applyInterval how long a change waits at most before it is applied to the image
 * @param background whether a thread of the group does the maintenance; else whoever calls {@link
 *     Group#maintain}
 */
public record GroupOptions(
    JournalOptions journal,
    long historyBytes,
    long applyBytes,
    long backlogBytes,
    Duration applyInterval,
    boolean background) {

  /**
   * 16 GiB of history; the image within 64 MiB and two seconds, and never more than 256 MiB, of the
   * journal.
   */
  public static final GroupOptions DEFAULT =
      new GroupOptions(
          JournalOptions.DEFAULT, 16L << 30, 64L << 20, 256L << 20, Duration.ofSeconds(2), true);

  public GroupOptions {
    if (historyBytes < 2 * journal.segmentBytes()) {
      throw new IllegalArgumentException(
          "the history needs room for two segments, %d bytes, not %d"
              .formatted(2 * journal.segmentBytes(), historyBytes));
    }
    if (applyBytes < 1 || backlogBytes < applyBytes) {
      throw new IllegalArgumentException("the backlog must be at least what is applied at once");
    }
  }

  /** The same with another bound on the history. */
  public GroupOptions withHistoryBytes(long bytes) {
    return new GroupOptions(journal, bytes, applyBytes, backlogBytes, applyInterval, background);
  }

  /** The same with other segments. */
  public GroupOptions withJournal(JournalOptions options) {
    return new GroupOptions(
        options, historyBytes, applyBytes, backlogBytes, applyInterval, background);
  }
}
