package io.everwhen.journal;

import io.everwhen.journal.history.NewBaseline;
import io.everwhen.journal.io.Zeros;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The runs of a baseline's chunks that hold anything but zeros. */
final class ContentRuns {

  private static final int CHUNK_BYTES = NewBaseline.CHUNK_BYTES;

  private ContentRuns() {}

  /** Receives one. */
  interface Run {
    void take(int offset, int length) throws IOException;
  }

  /**
   * Goes through those of a window.
   *
   * @param window from its beginning to its limit; the last chunk may be shorter
   */
  static void each(ByteBuffer window, Run run) throws IOException {
    int limit = window.limit();
    for (int from = 0, to; from < limit; from = to) {
      boolean zero = isZero(window, from);
      to = Math.min(limit, from + CHUNK_BYTES);
      while (to < limit && isZero(window, to) == zero) {
        to = Math.min(limit, to + CHUNK_BYTES);
      }
      if (!zero) {
        run.take(from, to - from);
      }
    }
  }

  private static boolean isZero(ByteBuffer window, int chunk) {
    return Zeros.only(window, chunk, Math.min(window.limit(), chunk + CHUNK_BYTES));
  }
}
