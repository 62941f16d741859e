package io.everwhen.target.scsi;

import org.jspecify.annotations.Nullable;

/** How far a copy is. One thread copies; any may look. */
final class CopyProgress {

  /** COPY MANAGER STATUS, SPC-4 section 6.18. */
  enum Status {
    IN_PROGRESS(0),
    COMPLETED(1),
    FAILED(2);

    private final int code;

    Status(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  private Status status = Status.IN_PROGRESS;
  private int segments;
  private long bytes;
  private @Nullable Sense failure;

  /** One more segment is copied. */
  synchronized void copied(long segmentBytes) {
    segments++;
    bytes += segmentBytes;
  }

  /** The copy has ended; null says that it went well. */
  synchronized void end(@Nullable Sense why) {
    status = why == null ? Status.COMPLETED : Status.FAILED;
    failure = why;
  }

  synchronized Status status() {
    return status;
  }

  synchronized int segments() {
    return segments;
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized @Nullable Sense failure() {
    return failure;
  }
}
