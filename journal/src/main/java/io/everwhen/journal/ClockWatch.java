package io.everwhen.journal;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells when the wall clock is behind the timeline, once, and when it has caught up. */
final class ClockWatch {

  private static final Logger log = LoggerFactory.getLogger(ClockWatch.class);

  private final String journal;
  private boolean told;

  /**
   * @param journal how messages call it
   */
  ClockWatch(String journal) {
    this.journal = journal;
  }

  /** One thread at a time. */
  void look(long behindNanos) {
    String problem = problem(behindNanos);
    if (problem != null && !told) {
      log.warn("{}: {}", journal, problem);
    } else if (problem == null && told) {
      log.info("{}: the clock has caught up with the timeline", journal);
    }
    told = problem != null;
  }

  /** What somebody should know; null when the clock is not behind. */
  static @Nullable String problem(long behindNanos) {
    return behindNanos == 0
        ? null
        : ("the clock was set back, and is %s behind the newest entry. Nothing is lost, and the order is kept; but until it"
                + " has caught up, entries have times right after that one, one nanosecond apart: restore by seq:N or a mark"
                + " what is written meanwhile. If the clock is wrong, set it")
            .formatted(text(Duration.ofNanos(behindNanos)));
  }

  private static String text(Duration time) {
    return time.toDays() > 0
        ? "%d days %d h".formatted(time.toDays(), time.toHoursPart())
        : "%d h %d min %d s".formatted(time.toHours(), time.toMinutesPart(), time.toSecondsPart());
  }
}
