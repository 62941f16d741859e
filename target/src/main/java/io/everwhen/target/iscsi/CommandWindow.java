package io.everwhen.target.iscsi;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order of a session's commands over all its connections, RFC 7143 section 4.2.2.1.
 * Serial-number arithmetic of 32 bits throughout. Any thread may call it.
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

  /** Where commands wait whose turn has not come: a connection. */
  interface Waiting {

    /**
     * What it waits for has come, through another connection. Called by that one's thread, with the
     * window locked: must not wait for anything.
     */
    void turnCame();
  }

  /** Stands for a command that is taken for received, and so holds nothing. */
  private static final Waiting SKIPPED = () -> {};

  private volatile int expCmdSn;
  private volatile int maxCmdSn;

  // Guarded by this.
  private final Map<Integer, Waiting> ahead = new HashMap<>();
  private final Set<Waiting> watching = new HashSet<>();
  private int unfinished;

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

  /**
   * Judges a command that is not immediate, and takes it if its turn has come.
   *
   * @param by who holds it if others come first, and asks again when it is told to
   */
  synchronized Verdict accept(int cmdSn, Waiting by) {
    int distance = cmdSn - expCmdSn;
    if (distance < 0 || maxCmdSn - cmdSn < 0) {
      return Verdict.IGNORE;
    }
    if (distance > 0) {
      return ahead.putIfAbsent(cmdSn, by) == null ? Verdict.HOLD : Verdict.IGNORE;
    }
    advance(by);
    return Verdict.EXECUTE;
  }

  private void advance(Waiting by) {
    if (!ahead.isEmpty()) {
      ahead.remove(expCmdSn);
    }
    next();
    if (!ahead.isEmpty() || !watching.isEmpty()) {
      tell(by);
    }
  }

  private void next() {
    int taken = expCmdSn;
    expCmdSn = taken + 1;
    open();
  }

  /** Goes on to the next that somebody holds, past those taken for received. */
  private void tell(Waiting by) {
    while (ahead.remove(expCmdSn, SKIPPED)) {
      next();
    }
    Waiting next = ahead.get(expCmdSn);
    if (next != null && !next.equals(by)) {
      next.turnCame();
    }
    List<Waiting> told = List.copyOf(watching);
    watching.clear();
    told.forEach(Waiting::turnCame);
  }

  /**
   * Whether everything before {@code cmdSn} was received; if not, {@code by} is told as the order
   * goes on, once.
   */
  synchronized boolean reached(int cmdSn, Waiting by) {
    boolean reached = expCmdSn - cmdSn >= 0;
    if (!reached) {
      watching.add(by);
    }
    return reached;
  }

  /**
   * Takes a command for received that has not been carried out, RFC 7143 section 11.6.1.
   *
   * @return whether it was still to come or held: if so it will not be carried out
   */
  synchronized boolean skip(int cmdSn, Waiting by) {
    if (cmdSn - expCmdSn < 0 || maxCmdSn - cmdSn < 0) {
      return false;
    }
    Waiting holder = ahead.put(cmdSn, SKIPPED);
    tell(by);
    if (holder != null) {
      holder.turnCame(); // lets go of it
    }
    return true;
  }

  /** A connection is gone, and what it held; it may come again over another one. */
  synchronized void forget(Waiting gone) {
    ahead.values().removeIf(gone::equals);
    watching.remove(gone);
  }

  /** A command waits for its data: it takes a place in the window. */
  synchronized void begun() {
    unfinished++;
  }

  /** It does no longer. */
  synchronized void finished() {
    unfinished--;
    open();
  }

  /**
   * Opens the window as far as there is room beside the commands that wait for data; it never
   * closes again, as the RFC demands.
   */
  private void open() {
    int max = expCmdSn + Limits.COMMAND_WINDOW - unfinished - 1;
    if (max - maxCmdSn > 0) {
      maxCmdSn = max;
    }
  }
}
