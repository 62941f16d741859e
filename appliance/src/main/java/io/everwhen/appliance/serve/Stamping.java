package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.TimestampConfig;
import io.everwhen.appliance.store.OpenGroup;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.log.Clock;
import io.everwhen.restore.stamp.StampException;
import io.everwhen.restore.stamp.StampToken;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the signed ends of all histories time-stamped, on a thread of its own that nobody waits for.
 *
 * <p>Each history is stamped when there is something new, and at most once in the interval. While
 * the authority does not answer as it should, it is asked less and less often.
 */
final class Stamping implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Stamping.class);

  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long RETRY_LEAST_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long RETRY_MOST_NANOS = TimeUnit.HOURS.toNanos(1);

  private final ServedDisks disks;
  private final Clock clock;
  private final RandomGenerator random;
  private final Thread thread;

  // Of the thread.
  private final Map<OpenGroup, Long> dueNanos = new HashMap<>();
  private @Nullable StampAuthority asked;
  private long retryAfterNanos;
  private long retryNanos;

  // Guarded by this.
  private @Nullable TimestampConfig config;
  private @Nullable StampAuthority authority;
  private boolean closing;
  private final Map<Optional<OpenGroup>, String> problems = new LinkedHashMap<>();
  private final Map<OpenGroup, Last> last = new LinkedHashMap<>();

  /**
   * What is stamped of one group.
   *
   * @param sequence the last entry that is
   * @param stampedNanos when, by the authority's clock
   */
  record Last(long sequence, long stampedNanos) {}

  /**
   * How it is going.
   *
   * @param config who is asked, and how often
   * @param problem why nothing, or something, is not stamped at present; null while all is well
   * @param last by group
   */
  record Status(TimestampConfig config, @Nullable String problem, Map<OpenGroup, Last> last) {}

  /**
   * @param config null when nothing is to be stamped
   */
  Stamping(
      ServedDisks disks, Clock clock, RandomGenerator random, @Nullable TimestampConfig config) {
    this.disks = disks;
    this.clock = clock;
    this.random = random;
    this.thread = Thread.ofPlatform().name("time stamps").unstarted(this::run);
    use(config);
  }

  void start() {
    thread.start();
  }

  /** Asks somebody else from now on, or nobody. */
  synchronized void use(@Nullable TimestampConfig next) {
    if (authority != null) {
      authority.close();
    }
    config = next;
    authority = next == null ? null : new StampAuthority(next, ANSWER_TIMEOUT, random);
    problems.clear();
    notifyAll();
  }

  /** How it is going; null when nothing is to be stamped. */
  synchronized @Nullable Status status() {
    last.keySet().retainAll(disks.groups());
    problems.keySet().removeIf(group -> group.isPresent() && !disks.groups().contains(group.get()));
    return config == null
        ? null
        : new Status(
            config,
            problems.isEmpty() ? null : String.join("; ", problems.values()),
            new LinkedHashMap<>(last));
  }

  private void run() {
    while (true) {
      TimestampConfig now;
      StampAuthority whom;
      synchronized (this) {
        if (closing) {
          return;
        }
        now = config;
        whom = authority;
      }
      if (now != null && whom != null) {
        round(now, whom);
      }
      rest();
    }
  }

  private void round(TimestampConfig now, StampAuthority whom) {
    if (whom != asked) {
      asked = whom;
      dueNanos.clear();
      retryAfterNanos = 0;
    }
    dueNanos.keySet().retainAll(disks.groups());
    for (OpenGroup group : disks.groups()) {
      long time = clock.monotonicNanos();
      if (retryAfterNanos > 0 && time - retryNanos < 0) {
        return;
      }
      try {
        if (time - dueNanos.computeIfAbsent(group, _ -> firstDue(group, now)) >= 0) {
          step(group, now, whom);
        }
      } catch (InterruptedIOException e) {
        log.debug("time-stamping ends", e);
        return;
      } catch (IOException | RuntimeException e) {
        dueNanos.put(group, clock.monotonicNanos() + RETRY_LEAST_NANOS);
        // One that was removed meanwhile is no problem.
        if (disks.groups().contains(group)) {
          note(
              Optional.of(group),
              "the time stamp of %s cannot be kept: %s".formatted(group.name(), e.getMessage()),
              e);
        }
      }
    }
  }

  /** An interval after the last stamp, which may be of an earlier run. */
  private long firstDue(OpenGroup group, TimestampConfig now) {
    long left = 0;
    try {
      Optional<StampedHead> newest = group.group().newestStamp();
      if (newest.isPresent()) {
        long stamped = StampToken.of(newest.get().token()).timeNanos();
        noteLast(group, new Last(newest.get().head().sequence(), stamped));
        left = stamped + now.every().toNanos() - clock.wallNanos();
      }
    } catch (IOException | StampException e) {
      log.debug("the newest time stamp of {} cannot be read", group.name(), e);
    }
    // Clocks may differ.
    return clock.monotonicNanos() + Math.clamp(left, 0, now.every().toNanos());
  }

  private void step(OpenGroup group, TimestampConfig now, StampAuthority whom) throws IOException {
    Optional<SignedHead> head = group.group().headToStamp();
    if (head.isEmpty()) {
      return;
    }
    byte[] token;
    try {
      token = whom.stamp(new StampedHead(head.get(), new byte[0]).stampedBytes());
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException | StampException e) {
      long first = Math.min(RETRY_LEAST_NANOS, now.every().toNanos());
      retryAfterNanos = Math.clamp(2 * retryAfterNanos, first, RETRY_MOST_NANOS);
      retryNanos = clock.monotonicNanos() + retryAfterNanos;
      note(
          Optional.empty(),
          "nothing is time-stamped: %s: %s".formatted(now.url(), Objects.toString(e.getMessage())),
          e);
      return;
    }
    retryAfterNanos = 0;
    clear(Optional.empty());
    StampedHead stamped = new StampedHead(head.get(), token);
    if (group.group().keepStamp(stamped)) {
      noteLast(group, new Last(head.get().sequence(), timeOf(token)));
    }
    dueNanos.put(group, clock.monotonicNanos() + now.every().toNanos());
    clear(Optional.of(group));
  }

  private static long timeOf(byte[] token) throws IOException {
    try {
      return StampToken.of(token).timeNanos();
    } catch (StampException e) {
      throw new IOException(e);
    }
  }

  private synchronized void noteLast(OpenGroup group, Last what) {
    last.put(group, what);
  }

  /** Told in the status as long as it is so, and in the log when it changes. */
  private synchronized void note(Optional<OpenGroup> group, String what, Exception cause) {
    if (!what.equals(problems.put(group, what))) {
      log.warn("{}", what, cause);
    }
  }

  private synchronized void clear(Optional<OpenGroup> group) {
    if (problems.remove(group) != null) {
      log.info("time stamps {} again", group.isPresent() ? "are kept" : "are given");
    }
  }

  private synchronized void rest() {
    try {
      if (!closing) {
        TimeUnit.NANOSECONDS.timedWait(this, IDLE_NANOS);
      }
    } catch (InterruptedException e) {
      closing = true;
      Thread.currentThread().interrupt();
    }
  }

  /** Ends it, without waiting for an answer. */
  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      if (authority != null) {
        authority.close();
      }
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
