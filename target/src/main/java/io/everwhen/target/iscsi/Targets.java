package io.everwhen.target.iscsi;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The targets that portals serve, and the sessions with them. Any thread may call it, while
 * serving.
 */
public final class Targets {

  private final ConcurrentSkipListMap<String, ServedTarget> served = new ConcurrentSkipListMap<>();
  private final Sessions sessions = new Sessions();

  /**
   * Serves a target from now on.
   *
   * @throws IllegalArgumentException if there is one of this name
   */
  public void add(Target target) {
    if (served.putIfAbsent(target.name(), new ServedTarget(target)) != null) {
      throw new IllegalArgumentException("there is a target " + target.name() + " already");
    }
  }

  /**
   * Serves a target no longer, and ends its sessions. When this returns, no command of theirs is
   * running.
   */
  public void remove(String name) {
    ServedTarget target = served.remove(name);
    if (target != null) {
      target.remove(); // before the sessions are looked up: a login under way finds it closed
      sessions.close(target);
    }
  }

  /** The names of the targets, sorted. */
  public List<String> names() {
    return List.copyOf(served.keySet());
  }

  /** How every target is used. */
  public List<TargetStatus> status() {
    return served.values().stream().map(this::status).toList();
  }

  private TargetStatus status(ServedTarget target) {
    Counters counters = target.counters();
    return new TargetStatus(
        target.name(),
        sessions.of(target).stream().map(Session::status).toList(),
        counters.commands.sum(),
        counters.bytesRead.sum(),
        counters.bytesWritten.sum());
  }

  /** Names compare without case: RFC 3722 folds them. */
  @Nullable ServedTarget find(String name) {
    return served.get(name.toLowerCase(Locale.ROOT));
  }

  Sessions sessions() {
    return sessions;
  }
}
