package io.everwhen.journal;

import io.everwhen.journal.history.Retention;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.payload.Secret;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a group is kept.
 *
 * @param journal its segments
 * @param historyBytes what the journal may take before the oldest segment is folded into the
 *     baseline
 * @param applyBytes journal bytes after which the image is brought up to date; up to twice as many
 *     where more than 16 GiB of history are kept
 * @param backlogBytes journal bytes that the image may lag behind before changes wait; up to twice
 *     as many where more than 16 GiB of history are kept
 * @param applyInterval how long a change waits at most before it is applied to the image, except
 *     while changes come fast
 * @param background whether a thread of the group does the maintenance; else whoever calls {@link
 *     Group#maintain}
 * @param signer signs the head whenever a segment was sealed; null when nobody does
 * @param retention which instants are kept as the history gets older; null when all are, as long as
 *     there is room
 * @param compressionLevel of Zstandard for what is written, 1 to {@value #COMPRESSION_LEVEL_MAX}; 0
 *     when it is stored as it is
 * @param secret with which what is written is encrypted, or was before; null for no encryption
 */
public record GroupOptions(
    JournalOptions journal,
    long historyBytes,
    long applyBytes,
    long backlogBytes,
    Duration applyInterval,
    boolean background,
    @Nullable HeadSigner signer,
    @Nullable Retention retention,
    int compressionLevel,
    @Nullable Secret secret) {

  /** More history than this lets more wait, in proportion, and at most twice as much. */
  private static final long LARGE_HISTORY_BYTES = 16L << 30;

  /** Higher ones take more memory than a write is worth. */
  public static final int COMPRESSION_LEVEL_MAX = 9;

  /**
   * 16 GiB of history; the image within two seconds of the journal, or 1 GiB while changes come
   * fast, and never more than 2 GiB; of 32 GiB, twice as much.
   */
  public static final GroupOptions DEFAULT =
      new GroupOptions(
          JournalOptions.DEFAULT, 16L << 30, 1L << 30, 2L << 30, Duration.ofSeconds(2), true);

  public GroupOptions {
    if (historyBytes < 2 * journal.segmentBytes()) {
      throw new IllegalArgumentException(
          "the history needs room for two segments, %d bytes, not %d"
              .formatted(2 * journal.segmentBytes(), historyBytes));
    }
    if (applyBytes < 1 || backlogBytes < applyBytes) {
      throw new IllegalArgumentException("the backlog must be at least what is applied at once");
    }
    if (compressionLevel < 0 || compressionLevel > COMPRESSION_LEVEL_MAX) {
      throw new IllegalArgumentException(
          "compression has the levels 1 to %d, not %d"
              .formatted(COMPRESSION_LEVEL_MAX, compressionLevel));
    }
  }

  /**
   * A group whose head nobody signs, whose history is not thinned, and that stores things as they
   * are.
   */
  public GroupOptions(
      JournalOptions journal,
      long historyBytes,
      long applyBytes,
      long backlogBytes,
      Duration applyInterval,
      boolean background) {
    this(
        journal,
        historyBytes,
        applyBytes,
        backlogBytes,
        applyInterval,
        background,
        null,
        null,
        0,
        null);
  }

  /** Journal bytes that the images may lag behind before changes wait, with so much history. */
  long backlogBytes(long history) {
    return grown(backlogBytes, history);
  }

  /**
   * Journal bytes after which the images are brought up to date, with so much history: no more than
   * an eighth of it.
   */
  long applyBytes(long history) {
    return Math.min(grown(applyBytes, history), smallPart(history));
  }

  /**
   * How many segments may be made ready for a rush, with so much history: those that it fills until
   * the images are brought up to date, and as many while they are; no more than an eighth of it.
   */
  int spareSegments(long history) {
    long segmentBytes = journal.segmentBytes();
    long filled = grown(applyBytes, history) / segmentBytes;
    return (int) Math.min(2 * filled, smallPart(history) / segmentBytes);
  }

  private long smallPart(long history) {
    return Math.max(history / 8, journal.segmentBytes());
  }

  private static long grown(long bytes, long history) {
    double times = Math.clamp((double) history / LARGE_HISTORY_BYTES, 1, 2);
    return (long) (times * bytes);
  }

  /** The same with somebody who signs the head. */
  public GroupOptions withSigner(HeadSigner other) {
    return new GroupOptions(
        journal,
        historyBytes,
        applyBytes,
        backlogBytes,
        applyInterval,
        background,
        other,
        retention,
        compressionLevel,
        secret);
  }

  /** The same with another bound on the history. */
  public GroupOptions withHistoryBytes(long bytes) {
    return new GroupOptions(
        journal,
        bytes,
        applyBytes,
        backlogBytes,
        applyInterval,
        background,
        signer,
        retention,
        compressionLevel,
        secret);
  }

  /** The same with other segments. */
  public GroupOptions withJournal(JournalOptions options) {
    return new GroupOptions(
        options,
        historyBytes,
        applyBytes,
        backlogBytes,
        applyInterval,
        background,
        signer,
        retention,
        compressionLevel,
        secret);
  }

  /** The same with another policy for what gets old; null for none. */
  public GroupOptions withRetention(@Nullable Retention policy) {
    return new GroupOptions(
        journal,
        historyBytes,
        applyBytes,
        backlogBytes,
        applyInterval,
        background,
        signer,
        policy,
        compressionLevel,
        secret);
  }

  /** The same with what is written compressed; not at level 0. */
  public GroupOptions withCompression(int level) {
    return new GroupOptions(
        journal,
        historyBytes,
        applyBytes,
        backlogBytes,
        applyInterval,
        background,
        signer,
        retention,
        level,
        secret);
  }

  /** The same with what is written encrypted; once begun, that goes on. */
  public GroupOptions withEncryption(@Nullable Secret other) {
    return new GroupOptions(
        journal,
        historyBytes,
        applyBytes,
        backlogBytes,
        applyInterval,
        background,
        signer,
        retention,
        compressionLevel,
        other);
  }
}
