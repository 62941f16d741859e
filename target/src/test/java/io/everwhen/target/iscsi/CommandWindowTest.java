package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.iscsi.CommandWindow.Verdict;
import io.everwhen.target.iscsi.CommandWindow.Waiting;
import org.junit.jupiter.api.Test;

class CommandWindowTest {

  /** Counts how often it was told. */
  private static final class Holder implements Waiting {
    private int told;

    @Override
    public void turnCame() {
      told++;
    }
  }

  private final Holder one = new Holder();
  private final Holder other = new Holder();

  @Test
  void takesCommandsInOrderOverTheWrap() {
    CommandWindow window = new CommandWindow(-2);
    for (int cmdSn = -2; cmdSn < 3; cmdSn++) {
      assertThat(window.accept(cmdSn, one)).isEqualTo(Verdict.EXECUTE);
    }
    assertThat(window.expCmdSn()).isEqualTo(3);
  }

  @Test
  void holdsWhatComesEarlyAndIgnoresTheRest() {
    CommandWindow window = new CommandWindow(10);
    assertThat(window.accept(11, one)).isEqualTo(Verdict.HOLD);
    assertThat(window.accept(11, other)).as("it has come before").isEqualTo(Verdict.IGNORE);
    assertThat(window.accept(9, one)).isEqualTo(Verdict.IGNORE);
    assertThat(window.accept(10 + Limits.COMMAND_WINDOW, one)).isEqualTo(Verdict.IGNORE);
    assertThat(window.accept(10 + Limits.COMMAND_WINDOW - 1, one)).isEqualTo(Verdict.HOLD);
  }

  @Test
  void whoHoldsTheNextCommandIsToldWhenAnotherFillsTheGap() {
    CommandWindow window = new CommandWindow(0);
    window.accept(1, one);
    window.accept(2, other);
    window.accept(0, other);
    assertThat(one.told).isEqualTo(1);
    assertThat(window.accept(1, one)).isEqualTo(Verdict.EXECUTE);
    assertThat(other.told).isEqualTo(1);
    assertThat(window.accept(2, other)).isEqualTo(Verdict.EXECUTE);
    assertThat(other.told).as("it knows").isEqualTo(1);
  }

  @Test
  void whatAConnectionHeldMayComeAgainOverAnother() {
    CommandWindow window = new CommandWindow(0);
    window.accept(1, one);
    window.forget(one);
    assertThat(window.accept(1, other)).isEqualTo(Verdict.HOLD);
  }

  @Test
  void aCommandTakenForReceivedIsPassedOver() {
    CommandWindow window = new CommandWindow(0);
    window.accept(2, one);
    assertThat(window.skip(1, other)).isTrue();
    assertThat(window.accept(1, one)).isEqualTo(Verdict.IGNORE);
    window.accept(0, other);
    assertThat(window.expCmdSn()).isEqualTo(2);
    assertThat(one.told).isEqualTo(1);
    assertThat(window.skip(2, other)).isTrue();
    assertThat(window.expCmdSn()).isEqualTo(3);
    assertThat(window.skip(2, other)).as("it was before").isFalse();
    assertThat(window.skip(3 + Limits.COMMAND_WINDOW, other)).isFalse();
  }

  @Test
  void whoWatchesIsToldAsTheOrderGoesOn() {
    CommandWindow window = new CommandWindow(0);
    assertThat(window.reached(0, one)).isTrue();
    assertThat(window.reached(2, one)).isFalse();
    window.accept(0, other);
    assertThat(one.told).isEqualTo(1);
    assertThat(window.reached(2, one)).isFalse();
    window.accept(1, other);
    assertThat(one.told).isEqualTo(2);
    assertThat(window.reached(2, one)).isTrue();
  }

  @Test
  void neverClosesAgain() {
    CommandWindow window = new CommandWindow(0);
    int before = window.maxCmdSn();
    for (int i = 0; i < 50; i++) {
      window.accept(i, one);
      window.begun();
    }
    assertThat(window.maxCmdSn()).isEqualTo(before + 1);
    for (int i = 0; i < 50; i++) {
      window.finished();
    }
    assertThat(window.maxCmdSn()).isEqualTo(before + 50);
  }
}
