package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BesideTest {

  private static final Duration PAUSE = Duration.ofMillis(1);

  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicBoolean done = new AtomicBoolean();

  private String work() throws IOException {
    try {
      go.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    done.set(true);
    return "done";
  }

  @Test
  void whatItGivesIsGivenAndSomethingElseDoneMeanwhile() throws Exception {
    AtomicInteger times = new AtomicInteger();
    try (Beside<String> beside = Beside.start("test", this::work)) {
      String given =
          beside.end(
              PAUSE,
              () -> {
                if (times.incrementAndGet() == 3) {
                  go.countDown();
                }
              });
      assertThat(given).isEqualTo("done");
    }
    assertThat(times.get()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void whatItThrowsIsThrown() throws Exception {
    try (Beside<String> beside =
        Beside.start(
            "test",
            () -> {
              throw new IOException("of the work");
            })) {
      assertThatThrownBy(() -> beside.end(PAUSE, () -> {})).hasMessage("of the work");
    }
    try (Beside<String> beside =
        Beside.start(
            "test",
            () -> {
              throw new AssertionError("of the work");
            })) {
      assertThatThrownBy(() -> beside.end(PAUSE, () -> {})).isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void whoeverFailsMeanwhileStillWaitsForItsEnd() {
    assertThatThrownBy(
            () -> {
              try (Beside<String> _ = Beside.start("test", this::work)) {
                Thread.ofPlatform()
                    .start(() -> {
                      try {
                        Thread.sleep(50);
                      } catch (InterruptedException _) {
                        // It is only made earlier.
                      }
                      go.countDown();
                    });
                throw new IOException("of the other");
              }
            })
        .hasMessage("of the other");
    assertThat(done).isTrue();
  }

  @Test
  void whatItThrowsIsToldBesideWhatWasThrownMeanwhile() {
    assertThatThrownBy(
            () -> {
              try (Beside<String> _ =
                  Beside.start(
                      "test",
                      () -> {
                        throw new IOException("of the work");
                      })) {
                throw new IOException("of the other");
              }
            })
        .hasMessage("of the other")
        .hasSuppressedException(new IOException("of the work"));
  }

  @Test
  void anInterruptIsKeptUntilItHasEnded() throws Exception {
    Thread.currentThread().interrupt();
    try (Beside<String> beside = Beside.start("test", this::work)) {
      assertThat(beside.end(PAUSE, go::countDown)).isEqualTo("done");
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
    assertThat(Thread.interrupted()).isTrue();
  }
}
