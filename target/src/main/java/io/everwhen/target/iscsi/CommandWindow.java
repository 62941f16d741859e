package io.everwhen.target.iscsi;

/**
 * The order of a session's commands, RFC 7143 section 4.2.2.1. Serial-number arithmetic of 32 bits
 * throughout. For one thread at a time.
 */
final class CommandWindow {

  /** What becomes of a command. */
  enum Verdict {
    /** It is its turn. */
    EXECUTE,
    /** Others come first. */
    HOLD,
    /** It lies outside the window, or came before: dropped in silence. */
    IGNORE
  }

  private int expCmdSn;
  private int maxCmdSn;

  /**
   * @param first CmdSN of the login
   */
  CommandWindow(int first) {
    expCmdSn = first;
    maxCmdSn = first + Limits.COMMAND_WINDOW - 1;
  }

  int expCmdSn() {
    return expCmdSn;
  }

  int maxCmdSn() {
    return maxCmdSn;
  }

  /** Judges a command that is not immediate, and takes it if its turn has come. */
  Verdict accept(int cmdSn) {
    int ahead = cmdSn - expCmdSn;
    if (ahead < 0 || maxCmdSn - cmdSn < 0) {
      return Verdict.IGNORE;
    }
    if (ahead > 0) {
      return Verdict.HOLD;
    }
    expCmdSn++;
    return Verdict.EXECUTE;
  }

  /**
   * Opens the window as far as there is room beside {@code waiting} tasks; it never closes again,
   * as the RFC demands.
   */
  void open(int waiting) {
    int max = expCmdSn + Limits.COMMAND_WINDOW - waiting - 1;
    if (max - maxCmdSn > 0) {
      maxCmdSn = max;
    }
  }
}
