package io.everwhen.restore.plan;

import io.everwhen.journal.history.History.Point;
import io.everwhen.journal.history.Lost;
import java.util.List;
import java.util.stream.Collectors;

/** What damage costs, as people are told. */
public final class LostInstants {

  private static final int LINES_MAX = 3;

  private LostInstants() {}

  /** The text of a loss; its ends can be restored. */
  public static String text(Lost lost) {
    Point after = lost.after();
    Point before = lost.before();
    String what = "cannot restore " + lost.disk();
    if (after == null) {
      return before == null ? what + " at any instant" : what + " before " + text(before);
    }
    return before == null
        ? what + " after " + text(after)
        : what + " between " + text(after) + " and " + text(before);
  }

  /** The text of the first of many losses, and how many more there are. */
  public static String text(List<Lost> losses) {
    String text =
        losses.stream().limit(LINES_MAX).map(LostInstants::text).collect(Collectors.joining("; "));
    int more = losses.size() - LINES_MAX;
    return more > 0 ? text + "; and " + more + " more" : text;
  }

  private static String text(Point point) {
    return "seq:%d (%s)".formatted(point.sequence(), Times.text(point.timeNanos()));
  }
}
