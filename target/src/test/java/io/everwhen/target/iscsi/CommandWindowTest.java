package io.everwhen.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.iscsi.CommandWindow.Verdict;
import org.junit.jupiter.api.Test;

class CommandWindowTest {

  @Test
  void takesCommandsInOrderOverTheWrap() {
    CommandWindow window = new CommandWindow(-2);
    for (int cmdSn = -2; cmdSn < 3; cmdSn++) {
      assertThat(window.accept(cmdSn)).isEqualTo(Verdict.EXECUTE);
    }
    assertThat(window.expCmdSn()).isEqualTo(3);
  }

  @Test
  void holdsWhatComesEarlyAndIgnoresTheRest() {
    CommandWindow window = new CommandWindow(10);
    assertThat(window.accept(11)).isEqualTo(Verdict.HOLD);
    assertThat(window.accept(9)).isEqualTo(Verdict.IGNORE);
    assertThat(window.accept(10 + Limits.COMMAND_WINDOW)).isEqualTo(Verdict.IGNORE);
    assertThat(window.accept(10 + Limits.COMMAND_WINDOW - 1)).isEqualTo(Verdict.HOLD);
  }

  @Test
  void neverClosesAgain() {
    CommandWindow window = new CommandWindow(0);
    window.accept(0);
    int before = window.maxCmdSn();
    window.open(50);
    assertThat(window.maxCmdSn()).isEqualTo(before);
    window.open(0);
    assertThat(window.maxCmdSn()).isEqualTo(before + 1);
  }
}
