package io.everwhen.journal.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimelineTest {

  private static final long START = 1_795_305_600_000_000_000L;
  private static final long HOUR = 3_600_000_000_000L;

  private final SimulatedClock clock = new SimulatedClock(START);
  private final Timeline timeline = new Timeline(clock, 0);

  @Test
  void stampsAreTheWallClocksWhileItRuns() {
    clock.advance(HOUR);
    assertThat(timeline.tick()).isFalse();
    assertThat(timeline.next()).isBetween(START + HOUR, START + HOUR + 1_000_000);
  }

  @Test
  void stampsGoOnWhenTheClockJumpsBackAnHourAndFollowItWhenItHasCaughtUp() {
    timeline.tick();
    long before = timeline.next();
    clock.step(-HOUR);
    assertThat(timeline.tick()).isTrue();
    assertThat(timeline.next()).isEqualTo(before + 1);
    assertThat(timeline.tick()).isFalse();
    clock.advance(2 * HOUR);
    assertThat(timeline.tick()).isFalse();
    assertThat(timeline.next()).isGreaterThan(START + HOUR - 1_000_000);
  }

  @Test
  void stampsFollowTheClockWhenItJumpsForwardADay() {
    clock.step(24 * HOUR);
    assertThat(timeline.tick()).isTrue();
    assertThat(timeline.next()).isGreaterThanOrEqualTo(START + 24 * HOUR);
  }

  @Test
  void stampsIncreaseWhenTheClockStandsStill() {
    timeline.tick();
    long first = timeline.next();
    assertThat(timeline.next()).isEqualTo(first + 1);
    assertThat(timeline.next()).isEqualTo(first + 2);
  }

  @Test
  void aSlowDriftIsNoStep() {
    for (int i = 0; i < 1000; i++) {
      clock.advance(1_000_000_000);
      clock.step(500_000);
      assertThat(timeline.tick()).isFalse();
    }
  }

  @Test
  void stampsGoOnFromTheLastOneOfAnEarlierTime() {
    Timeline later = new Timeline(clock, START + HOUR);
    assertThat(later.behindNanos()).isGreaterThan(HOUR - 1_000_000);
    assertThat(later.tick()).as("the clock was set back since").isTrue();
    assertThat(later.next()).isEqualTo(START + HOUR + 1);
    assertThat(later.tick()).isFalse();
    clock.advance(HOUR);
    assertThat(later.behindNanos()).isZero();
  }
}
