package io.everwhen.target.iscsi;

import java.io.Closeable;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the processors from sleeping deeply while initiators wait for one command after the other:
 * to wake one that does, for a command, its answer or the end of a flush, takes longer than all the
 * rest.
 *
 * <p>Where that is not to be had, all stays as it is. One for all connections; any thread.
 */
final class CpuLatency {

  private static final Logger log = LoggerFactory.getLogger(CpuLatency.class);

  /** Initiators have to go on for so long, without a longer pause than the second, before it is. */
  private static final long SINCE_NANOS_MIN = 20_000_000;

  private static final long PAUSE_NANOS_MAX = 5_000_000;

  /** It ends when nobody has asked for so long. */
  private static final int REST_MILLIS = 50;

  private final Executor threads;
  private final AtomicBoolean kept = new AtomicBoolean();
  private volatile @Nullable CpuLatencyRequest request;
  private volatile boolean asked;
  private volatile boolean begun;
  private volatile long sinceNanos;
  private volatile long lastNanos;

  CpuLatency() {
    this(task -> Thread.ofPlatform().daemon().name("cpu-latency").start(task));
  }

  /**
   * For a test.
   *
   * @param threads runs each task on a thread of its own
   */
  CpuLatency(Executor threads) {
    this.threads = threads;
  }

  /** From now on it is done by this; null for not at all. */
  void by(@Nullable CpuLatencyRequest other) {
    request = other;
  }

  /**
   * An initiator that waits for each answer has sent its next command at once.
   *
   * @param now the time
   */
  void asked(long now) {
    if (request == null) {
      return;
    }
    if (!begun || now - lastNanos > PAUSE_NANOS_MAX) {
      begun = true;
      sinceNanos = now;
    }
    lastNanos = now;
    if (!asked) {
      asked = true;
    }
    if (now - sinceNanos >= SINCE_NANOS_MIN && !kept.get() && kept.compareAndSet(false, true)) {
      begin();
    }
  }

  private void begin() {
    try {
      threads.execute(this::keep);
    } catch (OutOfMemoryError e) {
      log.info(
          "how deeply processors sleep is left to the system, there is no thread: {}",
          e.toString());
      request = null;
      kept.set(false);
    }
  }

  /** For as long as somebody asks. */
  private void keep() {
    CpuLatencyRequest placing = request;
    try {
      if (placing != null) {
        keep(placing);
      }
    } catch (IOException e) {
      log.info("how deeply processors sleep is left to the system: {}", e.toString());
      if (Objects.equals(placing, request)) {
        request = null;
      }
    } catch (InterruptedException _) {
      // Nobody does that; it ends.
    } finally {
      kept.set(false);
    }
  }

  private void keep(CpuLatencyRequest placing) throws IOException, InterruptedException {
    try (Closeable _ = placing.place()) {
      do {
        asked = false;
        Thread.sleep(REST_MILLIS);
      } while (asked && placing.equals(request));
    }
  }
}
