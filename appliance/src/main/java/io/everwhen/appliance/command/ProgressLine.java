package io.everwhen.appliance.command;

import io.everwhen.appliance.cli.Output;
import io.everwhen.restore.run.Progress;

/**
 * A line on the terminal that says how far a long command has come; nothing when nobody watches.
 * One thread.
 */
final class ProgressLine implements Progress {

  private final String what;
  private final Output output;
  private final boolean shown;
  private long lastPercent = -1;

  ProgressLine(String what, Output output) {
    this.what = what;
    this.output = output;
    this.shown = !output.json() && output.interactive();
  }

  @Override
  public void at(long done, long total) {
    long percent = total == 0 ? 100 : 100 * done / total;
    if (shown && percent != lastPercent) {
      lastPercent = percent;
      output.err().print("\r" + what + ": " + percent + "%");
      output.err().flush();
    }
  }

  /** Clears the line. */
  void end() {
    if (shown && lastPercent >= 0) {
      output.err().print("\r" + " ".repeat(what.length() + 6) + "\r");
      output.err().flush();
    }
  }
}
