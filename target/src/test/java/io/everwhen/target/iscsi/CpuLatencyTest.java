package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class CpuLatencyTest {

  private static final long MILLI = 1_000_000;

  private final AtomicInteger placed = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private final CpuLatency latency = new CpuLatency();
  private final CpuLatencyRequest request =
      () -> {
        placed.incrementAndGet();
        return ended::incrementAndGet;
      };

  /** Asks every millisecond, from one to another. */
  private void ask(int fromMillis, int toMillis) {
    for (int milli = fromMillis; milli <= toMillis; milli++) {
      latency.asked(Long.MIN_VALUE / 2 + milli * MILLI);
    }
  }

  private static void await(BooleanSupplier reached) {
    for (int i = 0; i < 2000 && !reached.getAsBoolean(); i++) {
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
    assertThat(reached.getAsBoolean()).isTrue();
  }

  @Test
  void theSystemIsAskedWhileInitiatorsGoOnAndNoLonger() {
    latency.by(request);
    ask(0, 19);
    assertThat(placed).hasValue(0);
    ask(20, 21);
    await(() -> ended.get() == 1);
    assertThat(placed).hasValue(1);
    await(() -> {
      ask(22, 22);
      return placed.get() == 2;
    });
    await(() -> ended.get() == 2);
  }

  @Test
  void whoPausesHasToGoOnForAWhileAgain() {
    latency.by(request);
    ask(0, 15);
    ask(25, 44);
    assertThat(placed).hasValue(0);
    ask(45, 46);
    await(() -> ended.get() == 1);
  }

  @Test
  void whereItIsNotToBeHadItIsTriedOnce() {
    latency.by(() -> {
      placed.incrementAndGet();
      throw new IOException("of the test");
    });
    ask(0, 20);
    await(() -> placed.get() == 1);
    for (int i = 1; i < 10; i++) {
      LockSupport.parkNanos(MILLI);
      ask(20 * i, 20 * i + 20);
    }
    assertThat(placed).hasValue(1);
  }

  @Test
  void whereThereIsNoThreadForItItIsDoneWithoutAndNobodyIsHarmed() {
    AtomicInteger tried = new AtomicInteger();
    CpuLatency without =
        new CpuLatency(task -> {
          tried.incrementAndGet();
          throw new OutOfMemoryError("unable to create native thread: of the test");
        });
    without.by(request);
    for (int milli = 0; milli <= 100; milli++) {
      without.asked(milli * MILLI);
    }
    assertThat(tried).hasValue(1);
    assertThat(placed).hasValue(0);
  }

  @Test
  void whereItIsNotWantedNobodyIsAsked() {
    ask(0, 60);
    latency.by(request);
    ask(61, 70);
    assertThat(placed).hasValue(0);
    ask(71, 90);
    await(() -> placed.get() == 1);
    latency.by(null);
    await(() -> ended.get() == 1);
  }
}
