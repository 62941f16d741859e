package io.everwhen.target.pdu;

import java.nio.ByteBuffer;

/**
 * A basic header segment, 48 bytes, RFC 7143 section 11.2.1: a flyweight over a big-endian buffer.
 * Names are those of the RFC; where two kinds of PDU keep different fields at one place, both names
 * are here.
 *
 * <pre>
 *  0  I + opcode   1  flags    2..3 by opcode   4 TotalAHSLength   5..7 DataSegmentLength
 *  8  LUN, or ISID and TSIH (8 bytes)
 * 16  Initiator Task Tag
 * 20  Target Transfer Tag, Expected Data Transfer Length, Referenced Task Tag
 * 24  CmdSN (request) or StatSN (response)     28 ExpStatSN (request) or ExpCmdSN (response)
 * 32  CDB, 16 bytes (command), RefCmdSN (task management); MaxCmdSN (response)
 * 36  DataSN, R2TSN, ExpDataSN, status class and detail
 * 40  Buffer Offset, Bidirectional Read Residual
 * 44  Residual Count, Desired Data Transfer Length
 * </pre>
 */
public final class BasicHeader {

  /** Bytes of a header. */
  public static final int BYTES = 48;

  /** Where the CDB of a SCSI command starts. */
  public static final int CDB_AT = 32;

  /** The tag that names no task and no transfer. */
  public static final int NO_TAG = 0xffffffff;

  /** The F bit; also the T bit of a login. */
  public static final int FINAL = 0x80;

  /** The C bit of login and text PDUs. */
  public static final int CONTINUE = 0x40;

  /** The R bit of a SCSI command: data comes back. */
  public static final int READ = 0x40;

  /** The W bit of a SCSI command: data is sent. */
  public static final int WRITE = 0x20;

  /** The O bit of a SCSI response or a Data-In: residual overflow. */
  public static final int OVERFLOW = 0x04;

  /** The U bit of a SCSI response or a Data-In: residual underflow. */
  public static final int UNDERFLOW = 0x02;

  /** The S bit of a Data-In: it carries the status. */
  public static final int STATUS = 0x01;

  private ByteBuffer buffer = ByteBuffer.allocate(BYTES);
  private int at;

  /** Looks at the 48 bytes from {@code at} on, whatever the buffer's position and limit are. */
  public BasicHeader wrap(ByteBuffer buffer, int at) {
    this.buffer = buffer;
    this.at = at;
    return this;
  }

  /** The buffer looked at. */
  public ByteBuffer buffer() {
    return buffer;
  }

  /** Where in {@link #buffer} the header starts. */
  public int at() {
    return at;
  }

  BasicHeader zero() {
    for (int i = 0; i < BYTES; i += Long.BYTES) {
      buffer.putLong(at + i, 0);
    }
    return this;
  }

  public int opcode() {
    return buffer.get(at) & 0x3f;
  }

  /** The I bit. */
  public boolean immediate() {
    return (buffer.get(at) & 0x40) != 0;
  }

  public BasicHeader opcode(int opcode) {
    buffer.put(at, (byte) opcode);
    return this;
  }

  public int flags() {
    return buffer.get(at + 1) & 0xff;
  }

  public boolean hasFlag(int flag) {
    return (flags() & flag) != 0;
  }

  public BasicHeader flags(int flags) {
    buffer.put(at + 1, (byte) flags);
    return this;
  }

  /** Any byte of the header, unsigned. */
  public int byteAt(int offset) {
    return buffer.get(at + offset) & 0xff;
  }

  public BasicHeader byteAt(int offset, int value) {
    buffer.put(at + offset, (byte) value);
    return this;
  }

  /** Any two bytes of the header, unsigned. */
  public int shortAt(int offset) {
    return buffer.getShort(at + offset) & 0xffff;
  }

  public BasicHeader shortAt(int offset, int value) {
    buffer.putShort(at + offset, (short) value);
    return this;
  }

  /** Bytes of the additional header segments, 0 to 1020. */
  public int additionalHeaderBytes() {
    return byteAt(4) * Integer.BYTES;
  }

  /** DataSegmentLength, without padding: 0 to 16777215, unchecked. */
  public int dataBytes() {
    return buffer.getInt(at + 4) & 0xffffff;
  }

  BasicHeader dataBytes(int bytes) {
    buffer.putInt(at + 4, bytes & 0xffffff);
    return this;
  }

  public long lun() {
    return buffer.getLong(at + 8);
  }

  public BasicHeader lun(long lun) {
    buffer.putLong(at + 8, lun);
    return this;
  }

  /** ISID of a login, in the low 48 bits. */
  public long isid() {
    return lun() >>> 16;
  }

  /** TSIH of a login. */
  public int tsih() {
    return shortAt(14);
  }

  public int initiatorTaskTag() {
    return buffer.getInt(at + 16);
  }

  public BasicHeader initiatorTaskTag(int tag) {
    buffer.putInt(at + 16, tag);
    return this;
  }

  public int targetTransferTag() {
    return buffer.getInt(at + 20);
  }

  public BasicHeader targetTransferTag(int tag) {
    buffer.putInt(at + 20, tag);
    return this;
  }

  /** Expected Data Transfer Length of a SCSI command, unsigned. */
  public long expectedDataTransferLength() {
    return buffer.getInt(at + 20) & 0xffffffffL;
  }

  /** Referenced Task Tag of a task-management request. */
  public int referencedTaskTag() {
    return buffer.getInt(at + 20);
  }

  public int cmdSn() {
    return buffer.getInt(at + 24);
  }

  public int expStatSn() {
    return buffer.getInt(at + 28);
  }

  /** RefCmdSN of a task-management request. */
  public int refCmdSn() {
    return buffer.getInt(at + 32);
  }

  public BasicHeader statSn(int value) {
    buffer.putInt(at + 24, value);
    return this;
  }

  public BasicHeader expCmdSn(int value) {
    buffer.putInt(at + 28, value);
    return this;
  }

  public BasicHeader maxCmdSn(int value) {
    buffer.putInt(at + 32, value);
    return this;
  }

  /** DataSN; R2TSN of a Ready To Transfer; ExpDataSN of a SCSI response. */
  public int dataSn() {
    return buffer.getInt(at + 36);
  }

  public BasicHeader dataSn(int value) {
    buffer.putInt(at + 36, value);
    return this;
  }

  /** Buffer Offset, unsigned. */
  public long bufferOffset() {
    return buffer.getInt(at + 40) & 0xffffffffL;
  }

  public BasicHeader bufferOffset(long value) {
    buffer.putInt(at + 40, (int) value);
    return this;
  }

  /** Residual Count; Desired Data Transfer Length of a Ready To Transfer. */
  public BasicHeader residualCount(long value) {
    buffer.putInt(at + 44, (int) value);
    return this;
  }
}
