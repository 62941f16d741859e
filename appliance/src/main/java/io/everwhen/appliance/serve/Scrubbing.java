package io.everwhen.appliance.serve;

import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.log.Clock;
import io.everwhen.restore.run.Scrubber;
import io.everwhen.restore.run.VerifyReport.Finding;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies the histories of all disks, one after the other and again and again, on one thread that
 * reads no faster than it may.
 */
final class Scrubbing implements Closeable, Pace {

  private static final Logger log = LoggerFactory.getLogger(Scrubbing.class);

  /** Between two rounds through one history, which may be a short one. */
  private static final long ROUND_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(15);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long PROBLEM_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final ServedDisks disks;
  private final Clock clock;
  private final Thread thread;

  // Of the thread.
  private final Map<OpenGroup, Long> dueNanos = new HashMap<>();
  private final Set<String> logged = new HashSet<>();

  // Guarded by this.
  private long bytesPerSecond;
  private boolean closing;
  private @Nullable Long readyNanos;

  /**
   * @param bytesPerSecond what it may read of all histories together; 0 for nothing
   */
  Scrubbing(ServedDisks disks, Clock clock, long bytesPerSecond) {
    this.disks = disks;
    this.clock = clock;
    this.bytesPerSecond = bytesPerSecond;
    this.thread = Thread.ofPlatform().name("verification").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Reads with another speed from now on; 0 stops it. */
  synchronized void rate(long bytes) {
    bytesPerSecond = bytes;
    readyNanos = null;
    notifyAll();
  }

  private void run() {
    try {
      while (true) {
        boolean worked = false;
        for (OpenGroup group : disks.groups()) {
          awaitRate();
          worked |=
              dueNanos.getOrDefault(group, clock.monotonicNanos()) <= clock.monotonicNanos()
                  && step(group);
        }
        dueNanos.keySet().retainAll(disks.groups());
        if (!worked) {
          rest(clock.monotonicNanos() + IDLE_NANOS);
        }
      }
    } catch (InterruptedIOException e) {
      log.debug("verification ends", e);
    }
  }

  /** True when there is more to do at once. */
  private boolean step(OpenGroup group) throws InterruptedIOException {
    try {
      Scrubber.Step step = group.scrubber().step(this);
      group.scrubber().status().findings().forEach(this::logOnce);
      switch (step) {
        case MORE -> dueNanos.remove(group);
        case WAIT -> dueNanos.put(group, clock.monotonicNanos() + IDLE_NANOS);
        case ROUND_ENDED -> dueNanos.put(group, clock.monotonicNanos() + ROUND_PAUSE_NANOS);
      }
      return step == Scrubber.Step.MORE;
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // One that was removed meanwhile is no problem.
      if (disks.groups().contains(group) && logged.add(group.name() + ": " + e.getMessage())) {
        log.error("verifying the history of {}: {}", group.name(), e.getMessage(), e);
      }
      dueNanos.put(group, clock.monotonicNanos() + PROBLEM_PAUSE_NANOS);
      return false;
    }
  }

  private void logOnce(Finding finding) {
    if (logged.add(finding.where() + finding.what())) {
      log.error("DAMAGED {}: {}; {}", finding.where(), finding.what(), finding.cost());
    }
  }

  @Override
  public void spend(long bytes) throws InterruptedIOException {
    long ready;
    synchronized (this) {
      long now = clock.monotonicNanos();
      long begin = Math.max(now, Objects.requireNonNullElse(readyNanos, now));
      ready = begin + (long) (bytes * 1e9 / Math.max(1, bytesPerSecond));
      readyNanos = ready;
    }
    rest(ready);
    awaitRate();
  }

  /** Waits while nothing is to be read. */
  private synchronized void awaitRate() throws InterruptedIOException {
    while (bytesPerSecond == 0 && !closing) {
      await(IDLE_NANOS);
    }
    checkOpen();
  }

  /** Waits until a time, or until there is another rate. */
  private synchronized void rest(long untilNanos) throws InterruptedIOException {
    long rate = bytesPerSecond;
    for (long left = untilNanos - clock.monotonicNanos();
        left > 0 && rate == bytesPerSecond && !closing;
        left = untilNanos - clock.monotonicNanos()) {
      await(left);
    }
    checkOpen();
  }

  private synchronized void await(long nanos) throws InterruptedIOException {
    try {
      TimeUnit.NANOSECONDS.timedWait(this, Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(1)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("verification was interrupted");
    }
  }

  private void checkOpen() throws InterruptedIOException {
    if (closing) {
      throw new InterruptedIOException("verification is being closed");
    }
  }

  /** Ends it; a segment that is being read is read from its beginning next time. */
  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      notifyAll();
    }
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
