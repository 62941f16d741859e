package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.scsi.LogicalUnits;
import io.everwhen.target.scsi.Nexus;
import java.io.IOException;

/**
 * Task management, RFC 7143 sections 4.2.3.3, 11.5 and 11.6. A task is aborted for good as soon as
 * that is noted: nothing of it is carried out afterwards. What is being carried out already is
 * waited for, over all sessions with the disks concerned, so that after the response no aborted
 * task changes anything. Data of aborted tasks may still come and is dropped; no response waits for
 * it, which is what initiators expect that stop sending (FastAbort).
 */
final class TaskManagement {

  private static final int ABORT_TASK = 1;
  private static final int ABORT_TASK_SET = 2;
  private static final int CLEAR_TASK_SET = 4;
  private static final int LOGICAL_UNIT_RESET = 5;
  private static final int TARGET_WARM_RESET = 6;
  private static final int TARGET_COLD_RESET = 7;
  private static final int TASK_REASSIGN = 8;

  /** Responses. */
  static final int FUNCTION_COMPLETE = 0;

  static final int TASK_DOES_NOT_EXIST = 1;
  static final int LUN_DOES_NOT_EXIST = 2;
  static final int REASSIGNMENT_NOT_SUPPORTED = 4;
  static final int FUNCTION_NOT_SUPPORTED = 5;

  private final Session session;
  private final Connection connection;
  private final ScsiTasks tasks;
  private final LogicalUnits units;
  private final RunningTasks running;

  TaskManagement(
      Session session,
      Connection connection,
      ScsiTasks tasks,
      LogicalUnits units,
      RunningTasks running) {
    this.session = session;
    this.connection = connection;
    this.tasks = tasks;
    this.units = units;
    this.running = running;
  }

  private static int function(BasicHeader request) {
    return request.flags() & 0x7f;
  }

  static boolean isColdReset(BasicHeader request) {
    return function(request) == TARGET_COLD_RESET;
  }

  /**
   * Whether an immediate request can be carried out now: all commands that it is to affect have to
   * have come, over whichever connection. If not, the connection is told when to ask again.
   */
  boolean isDue(BasicHeader request) {
    return switch (function(request)) {
      case ABORT_TASK_SET, CLEAR_TASK_SET, LOGICAL_UNIT_RESET ->
          session.connections().size() == 1
              || session.window().reached(request.cmdSn(), connection);
      default -> true;
    };
  }

  /**
   * Carries a request out; returns the response. What was carried out before has been settled and
   * answered.
   */
  int execute(BasicHeader request) throws IOException {
    Nexus nexus = units.nexus(request.lun());
    return switch (function(request)) {
      case ABORT_TASK -> abortTask(request);
      case ABORT_TASK_SET -> abort(nexus, nexus::abort);
      case CLEAR_TASK_SET -> abort(nexus, nexus::clear);
      case LOGICAL_UNIT_RESET -> abort(nexus, nexus::reset);
      case TARGET_WARM_RESET, TARGET_COLD_RESET -> {
        abort(units::reset);
        yield FUNCTION_COMPLETE;
      }
      case TASK_REASSIGN -> REASSIGNMENT_NOT_SUPPORTED;
      default -> FUNCTION_NOT_SUPPORTED;
    };
  }

  /** A task is aborted over the connection that it came by, and so cannot be running now. */
  private int abortTask(BasicHeader request) throws IOException {
    int tag = request.referencedTaskTag();
    long lun = request.lun();
    if (tasks.abort(task -> task.tag() == tag && task.lun() == lun) > 0) {
      return FUNCTION_COMPLETE;
    }
    int command = request.refCmdSn();
    boolean before = command - request.cmdSn() < 0;
    return before && session.window().skip(command, connection)
        ? FUNCTION_COMPLETE
        : TASK_DOES_NOT_EXIST;
  }

  private int abort(Nexus nexus, Runnable which) throws IOException {
    if (!nexus.exists()) {
      return LUN_DOES_NOT_EXIST;
    }
    abort(which);
    return FUNCTION_COMPLETE;
  }

  private void abort(Runnable which) throws IOException {
    which.run();
    tasks.dropAborted();
    running.awaitEnds();
  }
}
