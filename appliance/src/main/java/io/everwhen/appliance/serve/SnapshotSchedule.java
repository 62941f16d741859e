package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.SnapshotConfig;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.journal.log.Clock;
import java.io.Closeable;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the snapshots that the configuration asks for, on a thread of its own: of one group after
 * the other, and what fails is tried again. Any thread may say how often, and ask how it goes.
 */
final class SnapshotSchedule implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(SnapshotSchedule.class);

  private static final long REST_LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long REST_MOST_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int RESTS = 20;
  private static final long RETRY_MOST_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final ServedDisks disks;
  private final Clock clock;
  private final Thread thread;

  // Of the thread.
  private final Map<OpenGroup, ScheduledSnapshots> scheduled = new HashMap<>();
  private final Map<OpenGroup, Long> retryNanos = new HashMap<>();

  // Guarded by this.
  private @Nullable SnapshotConfig config;
  private boolean closing;
  private final Map<OpenGroup, String> problems = new LinkedHashMap<>();

  /**
   * How it is going.
   *
   * @param config how often and how many
   * @param problem why one is not made at present; null while all is well
   */
  record Status(SnapshotConfig config, @Nullable String problem) {}

  /**
   * @param config null when none are to be made
   */
  SnapshotSchedule(ServedDisks disks, Clock clock, @Nullable SnapshotConfig config) {
    this.disks = disks;
    this.clock = clock;
    this.config = config;
    this.thread = Thread.ofPlatform().name("snapshots").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Makes them in another interval from now on; null to make none. Those that are there stay. */
  synchronized void use(@Nullable SnapshotConfig next) {
    config = next;
    problems.clear();
    notifyAll();
  }

  /** How it is going; null when none are to be made. */
  synchronized @Nullable Status status() {
    problems.keySet().retainAll(disks.groups());
    return config == null
        ? null
        : new Status(config, problems.isEmpty() ? null : String.join("; ", problems.values()));
  }

  private void run() {
    for (SnapshotConfig now = next(null); now != null; now = next(now)) {
      scheduled.keySet().retainAll(disks.groups());
      retryNanos.keySet().retainAll(disks.groups());
      for (OpenGroup group : disks.groups()) {
        step(group, now);
      }
    }
  }

  /**
   * Rests, unless there is another configuration, until there is one.
   *
   * @param before the last one
   * @return null when this is to end
   */
  private synchronized @Nullable SnapshotConfig next(@Nullable SnapshotConfig before) {
    try {
      if (!closing && before != null && before.equals(config)) {
        long rest = before.every().toNanos() / RESTS;
        TimeUnit.NANOSECONDS.timedWait(this, Math.clamp(rest, REST_LEAST_NANOS, REST_MOST_NANOS));
      }
      while (!closing && config == null) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
    return closing ? null : config;
  }

  private void step(OpenGroup group, SnapshotConfig now) {
    long time = clock.monotonicNanos();
    if (time - retryNanos.getOrDefault(group, time) < 0) {
      return;
    }
    try {
      scheduled.computeIfAbsent(group, each -> new ScheduledSnapshots(each, clock)).step(now);
      clear(group);
    } catch (IOException | RuntimeException e) {
      // Each attempt may leave a mark.
      retryNanos.put(group, time + Math.min(now.every().toNanos(), RETRY_MOST_NANOS));
      note(group, e);
    }
  }

  /** Told in the status as long as it is so, and in the log when it changes. */
  private synchronized void note(OpenGroup group, Exception cause) {
    String what =
        "the scheduled snapshot of %s cannot be made: %s"
            .formatted(group.name(), cause.getMessage());
    // One that was removed meanwhile is no problem.
    if (!closing && disks.groups().contains(group) && !what.equals(problems.put(group, what))) {
      log.warn("{}", what, cause);
    }
  }

  private synchronized void clear(OpenGroup group) {
    if (problems.remove(group) != null) {
      log.info("scheduled snapshots of {} are made again", group.name());
    }
  }

  /** Ends it. The groups are to be closed next, and their maintenance is told so. */
  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      notifyAll();
    }
    // So that one that is being made does not wait for a fold.
    disks.groups().forEach(OpenGroup::prepareToClose);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
