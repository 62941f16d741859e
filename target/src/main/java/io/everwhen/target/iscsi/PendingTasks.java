package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.Outcome;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/**
 * The tasks of one connection that go on in the background: they are answered once they have ended,
 * unless they were aborted before; then they end unheard. For one thread.
 */
final class PendingTasks {

  /** A task that has ended. */
  record Ended(Task task, int r2ts, Outcome outcome) {}

  private record Waiting(Task task, int r2ts, Outcome.Pending pending) {}

  private final List<Waiting> waiting = new ArrayList<>();
  private final Runnable wake;

  /**
   * @param wake called from any thread when one of them has ended
   */
  PendingTasks(Runnable wake) {
    this.wake = wake;
  }

  void add(Task task, int r2ts, Outcome.Pending pending) {
    waiting.add(new Waiting(task, r2ts, pending));
    var _ = pending.end().thenRun(wake);
  }

  /** Forgets the tasks that {@code which} selects; returns how many. */
  int abort(Predicate<Task> which) {
    int before = waiting.size();
    waiting.removeIf(task -> which.test(task.task()));
    return before - waiting.size();
  }

  /** Takes out those that have ended. */
  List<Ended> ended() {
    if (waiting.isEmpty()) {
      return List.of();
    }
    List<Ended> ended = new ArrayList<>();
    for (Iterator<Waiting> all = waiting.iterator(); all.hasNext(); ) {
      Waiting next = all.next();
      if (next.pending().end().isDone()) {
        all.remove();
        ended.add(new Ended(next.task(), next.r2ts(), next.pending().end().join()));
      }
    }
    return ended;
  }
}
