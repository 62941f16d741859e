package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RushTest {

  private static final long MILLI = 1_000_000;
  private static final long FAST = Rush.BYTES_PER_SECOND_MIN / 10; // in 100 ms

  private final Rush rush = new Rush(0);
  private long bytes;
  private long now;

  private boolean goesOnAfter(long moreBytes, long millis) {
    bytes += moreBytes;
    now += millis * MILLI;
    return rush.goesOn(bytes, now);
  }

  @Test
  void beginsWhenChangesComeFastAndEndsAWhileAfterTheyHaveCeased() {
    assertThat(goesOnAfter(FAST - 100, 100)).isFalse();
    assertThat(goesOnAfter(FAST + 100, 100)).isTrue();
    assertThat(goesOnAfter(0, 100)).isTrue();
    assertThat(goesOnAfter(0, 199)).isTrue();
    assertThat(goesOnAfter(0, 100)).isFalse();
  }

  @Test
  void isNotJudgedByAMoment() {
    assertThat(goesOnAfter(FAST, 10)).isFalse();
    assertThat(goesOnAfter(FAST, 1_000)).isFalse();
  }

  @Test
  void thatLastsLongIsNone() {
    for (int i = 0; i < 100; i++) {
      assertThat(goesOnAfter(2 * FAST, 100)).as("after %d looks", i).isTrue();
    }
    for (int i = 0; i < 100; i++) {
      assertThat(goesOnAfter(2 * FAST, 100)).isFalse();
    }
    assertThat(goesOnAfter(0, 400)).isFalse();
    assertThat(goesOnAfter(2 * FAST, 100)).as("after a calm").isTrue();
  }
}
