package io.everwhen.target.scsi;

import java.nio.ByteBuffer;

/** What REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS returns, SPC-4 section 6.36. */
final class TaskManagementFunctions {

  /** ATS, ATSS, CTSS and LURS. */
  private static final int SUPPORTED = 0xd8;

  private static final int BASIC_BYTES = 4;
  private static final int EXTENDED_BYTES = 16;

  private TaskManagementFunctions() {}

  /** Appends the parameter data; the extended one recommends no time-outs. */
  static void put(ByteBuffer out, boolean extended) {
    int bytes = extended ? EXTENDED_BYTES : BASIC_BYTES;
    out.put((byte) SUPPORTED).put((byte) 0).put((byte) 0).put((byte) (bytes - BASIC_BYTES));
    out.put(new byte[bytes - BASIC_BYTES]);
  }
}
