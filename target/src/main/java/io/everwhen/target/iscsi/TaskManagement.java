package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.scsi.LogicalUnits;
import io.everwhen.target.scsi.Nexus;
import java.io.IOException;

/**
 * Task management, RFC 7143 sections 11.5 and 11.6. Commands run to their end once their data is
 * there, so only tasks that still wait for data can be aborted.
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

  private TaskManagement() {}

  static int function(BasicHeader request) {
    return request.flags() & 0x7f;
  }

  static boolean isColdReset(BasicHeader request) {
    return function(request) == TARGET_COLD_RESET;
  }

  /**
   * Carries a request out; returns the response. The burst's changes have been settled and answered
   * before.
   */
  static int execute(BasicHeader request, ScsiTasks tasks) throws IOException {
    long lun = request.lun();
    LogicalUnits units = tasks.units();
    Nexus nexus = units.nexus(lun);
    return switch (function(request)) {
      case ABORT_TASK -> {
        int tag = request.referencedTaskTag();
        int aborted = tasks.abort(t -> t.tag() == tag && t.lun() == lun);
        yield aborted > 0 ? FUNCTION_COMPLETE : TASK_DOES_NOT_EXIST;
      }
      case ABORT_TASK_SET -> {
        if (!nexus.exists()) {
          yield LUN_DOES_NOT_EXIST;
        }
        tasks.abort(t -> t.lun() == lun);
        yield FUNCTION_COMPLETE;
      }
      case CLEAR_TASK_SET, LOGICAL_UNIT_RESET -> {
        if (!nexus.exists()) {
          yield LUN_DOES_NOT_EXIST;
        }
        nexus.reset();
        tasks.dropAborted();
        yield FUNCTION_COMPLETE;
      }
      case TARGET_WARM_RESET, TARGET_COLD_RESET -> {
        units.reset();
        tasks.dropAborted();
        yield FUNCTION_COMPLETE;
      }
      case TASK_REASSIGN -> REASSIGNMENT_NOT_SUPPORTED;
      default -> FUNCTION_NOT_SUPPORTED;
    };
  }
}
