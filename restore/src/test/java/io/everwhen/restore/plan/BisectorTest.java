package io.everwhen.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.restore.plan.Bisector.Verdict;
import java.util.BitSet;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BisectorTest {

  /** Searches; how often it asked. */
  private static int search(Bisector bisector, long firstBad, BitSet untellable) {
    int asked = 0;
    for (OptionalLong next = bisector.next(); next.isPresent(); next = bisector.next()) {
      long which = next.getAsLong();
      asked++;
      boolean skip = which < Integer.MAX_VALUE && untellable.get((int) which);
      bisector.tell(which, skip ? Verdict.SKIP : which < firstBad ? Verdict.GOOD : Verdict.BAD);
    }
    return asked;
  }

  @Test
  void theFirstBadOneIsFoundByTheLogarithmOfQuestions() {
    for (int count = 1; count < 70; count++) {
      for (int firstBad = 0; firstBad < count; firstBad++) {
        Bisector bisector = new Bisector(count);
        int asked = search(bisector, firstBad, new BitSet());
        assertThat(bisector.firstBad()).isEqualTo(firstBad);
        assertThat(bisector.lastGood()).isEqualTo(firstBad - 1);
        assertThat(1 << asked).isLessThanOrEqualTo(2 * count);
      }
    }
    Bisector large = new Bisector(1L << 50);
    assertThat(large.stepsLeft()).isEqualTo(50);
    assertThat(search(large, 123_456_789_012L, new BitSet())).isBetween(49, 51);
    assertThat(large.firstBad()).isEqualTo(123_456_789_012L);
  }

  @Test
  void whatCannotBeToldLeavesTheSmallestRangeThatCan() {
    Random random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      int count = 2 + random.nextInt(50);
      int firstBad = random.nextInt(count);
      BitSet skip = new BitSet();
      for (int k = 0; k < count - 1; k++) {
        skip.set(k, random.nextInt(3) == 0);
      }
      Bisector bisector = new Bisector(count);
      search(bisector, firstBad, skip);
      assertThat(bisector.lastGood()).isEqualTo(skip.previousClearBit(firstBad - 1));
      assertThat(bisector.firstBad()).isEqualTo(skip.nextClearBit(firstBad));
    }
  }

  @Test
  void itDoesNotAskForEverWhenNothingCanBeTold() {
    Bisector bisector = new Bisector(1_000_000);
    BitSet all = new BitSet();
    all.set(0, 999_999);
    assertThat(search(bisector, 5, all)).isEqualTo(Bisector.MAX_SKIPS);
    assertThat(bisector.lastGood()).isEqualTo(-1);
    assertThat(bisector.firstBad()).isEqualTo(999_999);
  }

  @Test
  void whatIsKnownIsNotTold() {
    Bisector bisector = new Bisector(4);
    assertThatThrownBy(() -> bisector.tell(3, Verdict.GOOD))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Bisector(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
