package io.everwhen.appliance.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The bytes of a PDU that a test makes up, RFC 7143 section 11: valid unless it is told otherwise.
 * Without digests.
 */
record Pdu(ByteBuffer bytes) {

  static final int HEADER_BYTES = 48;

  static final int NOP_OUT = 0x00;
  static final int SCSI_COMMAND = 0x01;
  static final int TASK_MANAGEMENT = 0x02;
  static final int LOGIN = 0x43;
  static final int DATA_OUT = 0x05;
  static final int LOGOUT = 0x06;
  static final int IMMEDIATE = 0x40;

  static final int FINAL = 0x80;
  static final int CONTINUE = 0x40;
  static final int READ = 0x40;
  static final int WRITE = 0x20;

  private static final int TAG_AT = 16;
  private static final int AT_20 = 20;
  private static final int CMD_SN_AT = 24;
  private static final int CDB_AT = 32;

  static Pdu of(int opcode, int flags, byte[] data) {
    int padded = (data.length + 3) & ~3;
    ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + padded);
    bytes.put(0, (byte) opcode).put(1, (byte) flags).put(HEADER_BYTES, data);
    return new Pdu(bytes).dataSegmentLength(data.length);
  }

  static Pdu of(int opcode, int flags) {
    return of(opcode, flags, new byte[0]);
  }

  /** A login request that wants to go from {@code stage} to {@code next}. */
  static Pdu login(int flags, int stage, int next, String... keys) {
    String text = keys.length == 0 ? "" : String.join("\0", keys) + "\0";
    return of(LOGIN, flags | stage << 2 | next, text.getBytes(UTF_8));
  }

  /** A command of which the initiator expects {@code expected} bytes to go or come. */
  static Pdu command(int flags, String cdb, long expected, byte[] data) {
    byte[] hex = HexFormat.of().parseHex(cdb.replace(" ", ""));
    Pdu pdu = of(SCSI_COMMAND, flags, data).at20((int) expected);
    pdu.bytes.put(CDB_AT, hex);
    return pdu;
  }

  static Pdu command(int flags, String cdb, long expected) {
    return command(flags, cdb, expected, new byte[0]);
  }

  Pdu tag(int tag) {
    bytes.putInt(TAG_AT, tag);
    return this;
  }

  /** Target transfer tag, expected data transfer length or referenced task tag. */
  Pdu at20(int value) {
    bytes.putInt(AT_20, value);
    return this;
  }

  Pdu cmdSn(int cmdSn) {
    bytes.putInt(CMD_SN_AT, cmdSn);
    return this;
  }

  Pdu isid(int isid) {
    bytes.putLong(8, (long) isid << 16);
    return this;
  }

  /** Says another length of the data segment than there is. */
  Pdu dataSegmentLength(int length) {
    bytes.putInt(4, bytes.get(4) << 24 | length);
    return this;
  }

  /** Says that there are additional headers, in words of 4 bytes. */
  Pdu additionalHeaderWords(int words) {
    bytes.put(4, (byte) words);
    return this;
  }
}
