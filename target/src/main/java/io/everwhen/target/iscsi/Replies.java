package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduWriter;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Numbers what a connection sends: StatSN of its own, ExpCmdSN and MaxCmdSN of the session. For one
 * thread at a time.
 */
final class Replies {

  /** Reasons of a Reject, RFC 7143 section 11.17.1. */
  static final int DATA_DIGEST_ERROR = 0x02;

  static final int SNACK_REJECT = 0x03;
  static final int PROTOCOL_ERROR = 0x04;

  static final int COMMAND_NOT_SUPPORTED = 0x05;
  static final int TASK_IN_PROGRESS = 0x07;
  static final int INVALID_PDU_FIELD = 0x09;

  private final PduWriter writer;
  private final CommandWindow window;
  private int statSn;

  Replies(PduWriter writer, CommandWindow window, int firstStatSn) {
    this.writer = writer;
    this.window = window;
    this.statSn = firstStatSn;
  }

  /** Adds a PDU that carries a status, and so takes a StatSN. */
  BasicHeader add(int opcode, int initiatorTaskTag, ByteBuffer data) throws IOException {
    return number(writer.add(opcode, data))
        .flags(BasicHeader.FINAL)
        .initiatorTaskTag(initiatorTaskTag);
  }

  BasicHeader add(int opcode, int initiatorTaskTag) throws IOException {
    return number(writer.add(opcode)).flags(BasicHeader.FINAL).initiatorTaskTag(initiatorTaskTag);
  }

  /** Adds a PDU that only tells the StatSN to come: an R2T, or a NOP-In that asks. */
  BasicHeader addUnnumbered(int opcode) throws IOException {
    return window(writer.add(opcode).statSn(statSn));
  }

  /** Gives a status PDU its numbers. */
  BasicHeader number(BasicHeader header) {
    return window(header.statSn(statSn++));
  }

  private BasicHeader window(BasicHeader header) {
    return header.expCmdSn(window.expCmdSn()).maxCmdSn(window.maxCmdSn());
  }

  /** Refuses a PDU: it goes back to the initiator with the reason. */
  void reject(BasicHeader refused, int reason) throws IOException {
    ByteBuffer copy = refused.buffer().slice(refused.at(), BasicHeader.BYTES);
    add(Opcode.REJECT, BasicHeader.NO_TAG, copy).byteAt(2, reason);
  }
}
