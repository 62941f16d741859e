package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What REPORT SUPPORTED OPERATION CODES returns, SPC-4 section 6.35: every command served, with its
 * usable bits.
 */
final class SupportedCommands {

  private static final int REPORTING_OPTIONS_AT = 2;

  private static final int ALL = 0;
  private static final int BY_OPERATION_CODE = 1;
  private static final int BY_SERVICE_ACTION = 2;
  private static final int BY_EITHER = 3;

  private static final int SUPPORTED = 3;
  private static final int NOT_SUPPORTED = 1;
  private static final int TIMEOUTS_BYTES = 12;

  private static final int NO_SERVICE_ACTION = -1;

  /**
   * One command; its CDB usage data, in hexadecimal, starts with the operation code and has a bit
   * set where it may.
   */
  private record Command(int code, int serviceAction, String usage) {

    static Command of(String usage) {
      return of(NO_SERVICE_ACTION, usage);
    }

    static Command of(int serviceAction, String usage) {
      return new Command(
          HexFormat.fromHexDigits(usage, 0, 2), serviceAction, usage.replace(" ", ""));
    }

    boolean hasServiceAction() {
      return serviceAction != NO_SERVICE_ACTION;
    }

    int length() {
      return usage.length() / 2;
    }
  }

  private static final Command CRYPTOGRAPHIC_ERASE =
      Command.of(Sanitize.CRYPTOGRAPHIC_ERASE, "48 a3 0000000000 ffff 00");

  private static final Command MARK = Command.of("c0 000000000000 ffff 00");

  private static final List<Command> COMMANDS =
      List.of(
          Command.of("00 00000000 00"),
          Command.of("03 01 0000 ff 00"),
          Command.of("04 30 00 0000 00"),
          Command.of("08 1fffff ff 00"),
          Command.of("0a 1fffff ff 00"),
          Command.of("12 01 ff ffff 00"),
          Command.of("15 11 0000 ff 00"),
          Command.of("16 000000 00 00"),
          Command.of("17 000000 00 00"),
          Command.of("1a 08 ff ff ff 00"),
          Command.of("1b 01 00 0f f7 00"),
          Command.of("1e 000000 01 00"),
          Command.of("25 00 ffffffff 0000 01 00"),
          Command.of("28 18 ffffffff 00 ffff 00"),
          Command.of("2a 18 ffffffff 00 ffff 00"),
          Command.of("2e 12 ffffffff 00 ffff 00"),
          Command.of("2f 16 ffffffff 00 ffff 00"),
          Command.of("34 02 ffffffff 00 ffff 00"),
          Command.of("35 02 ffffffff 00 ffff 00"),
          Command.of("37 00 1f 00000000 ffff 00"),
          Command.of("3b 1f ff ffffff ffffff 00"),
          Command.of("3c 1f ff ffffff ffffff 00"),
          Command.of("41 08 ffffffff 00 ffff 00"),
          Command.of("42 00 00000000 00 ffff 00"),
          Command.of(Sanitize.OVERWRITE, "48 a1 0000000000 ffff 00"),
          Command.of(Sanitize.BLOCK_ERASE, "48 a2 0000000000 ffff 00"),
          CRYPTOGRAPHIC_ERASE,
          Command.of(Sanitize.EXIT_FAILURE_MODE, "48 bf 0000000000 ffff 00"),
          Command.of("4d 00 ff ff 00 ffff ffff 00"),
          Command.of("55 11 0000000000 ffff 00"),
          Command.of("56 00 00000000 00 0000 00"),
          Command.of("57 00 00000000 00 0000 00"),
          Command.of("5a 18 ff ff 000000 ffff 00"),
          Command.of(0, "5e 00 0000000000 ffff 00"),
          Command.of(1, "5e 01 0000000000 ffff 00"),
          Command.of(2, "5e 02 0000000000 ffff 00"),
          Command.of(3, "5e 03 0000000000 ffff 00"),
          Command.of(0, "5f 00 00 0000 ffffffff 00"),
          Command.of(1, "5f 01 ff 0000 ffffffff 00"),
          Command.of(2, "5f 02 ff 0000 ffffffff 00"),
          Command.of(3, "5f 03 00 0000 ffffffff 00"),
          Command.of(4, "5f 04 ff 0000 ffffffff 00"),
          Command.of(5, "5f 05 ff 0000 ffffffff 00"),
          Command.of(6, "5f 06 00 0000 ffffffff 00"),
          Command.of(7, "5f 07 00 0000 ffffffff 00"),
          Command.of(OperationCode.EXTENDED_COPY_LID1, "83 00 0000000000000000 ffffffff 00 00"),
          Command.of(OperationCode.POPULATE_TOKEN, "83 10 00000000 ffffffff ffffffff 00 00"),
          Command.of(OperationCode.WRITE_USING_TOKEN, "83 11 00000000 ffffffff ffffffff 00 00"),
          Command.of(CopyResults.COPY_STATUS, "84 00 ff 00000000000000 ffffffff 00 00"),
          Command.of(CopyResults.OPERATING_PARAMETERS, "84 03 00 00000000000000 ffffffff 00 00"),
          Command.of(CopyResults.FAILED_SEGMENT_DETAILS, "84 04 ff 00000000000000 ffffffff 00 00"),
          Command.of(
              OperationCode.RECEIVE_ROD_TOKEN_INFORMATION,
              "84 07 ffffffff 00000000 ffffffff 00 00"),
          Command.of("88 18 ffffffffffffffff ffffffff 00 00"),
          Command.of("89 18 ffffffffffffffff 000000 ff 00 00"),
          Command.of("8a 18 ffffffffffffffff ffffffff 00 00"),
          Command.of("8b 18 ffffffffffffffff ffffffff 00 00"),
          Command.of("8e 12 ffffffffffffffff ffffffff 00 00"),
          Command.of("8f 16 ffffffffffffffff ffffffff 00 00"),
          Command.of("90 02 ffffffffffffffff ffffffff 00 00"),
          Command.of("91 02 ffffffffffffffff ffffffff 00 00"),
          Command.of("93 09 ffffffffffffffff ffffffff 00 00"),
          Command.of("9c 18 ffffffffffffffff 0000 ffff 00 00"),
          Command.of(OperationCode.READ_CAPACITY_16, "9e 10 ffffffffffffffff ffffffff 01 00"),
          Command.of(OperationCode.GET_LBA_STATUS, "9e 12 ffffffffffffffff ffffffff 00 00"),
          Command.of("a0 00 ff 000000 ffffffff 00 00"),
          Command.of(OperationCode.REPORT_TARGET_PORT_GROUPS, "a3 ea 00000000 ffffffff 00 00"),
          Command.of(
              OperationCode.REPORT_SUPPORTED_OPERATION_CODES, "a3 0c 87 ff ffff ffffffff 00 00"),
          Command.of(
              OperationCode.REPORT_SUPPORTED_TASK_MANAGEMENT_FUNCTIONS,
              "a3 0d 80 000000 ffffffff 00 00"),
          Command.of("a8 18 ffffffff ffffffff 00 00"),
          Command.of("aa 18 ffffffff ffffffff 00 00"),
          Command.of("ae 12 ffffffff ffffffff 00 00"),
          Command.of("af 16 ffffffff ffffffff 00 00"),
          Command.of("b7 1f ffffffff ffffffff 00 00"),
          MARK);

  private SupportedCommands() {}

  /**
   * Appends the parameter data.
   *
   * @param disk of which it depends whether it can be erased by its key, and takes marks
   * @return why it cannot be, or null
   */
  static @Nullable Sense put(ByteBuffer out, Cdb.ReportOperationCodes cdb, BlockDevice disk) {
    List<Command> commands = COMMANDS.stream().filter(c -> isServed(c, disk)).toList();
    if (cdb.options() == ALL) {
      putAll(out, commands, cdb.timeouts());
      return null;
    }
    if (cdb.options() > BY_EITHER) {
      return Sense.INVALID_FIELD_IN_CDB.at(REPORTING_OPTIONS_AT);
    }
    boolean ofActions =
        commands.stream().anyMatch(c -> c.code() == cdb.operationCode() && c.hasServiceAction());
    if (cdb.options() == BY_OPERATION_CODE && ofActions) {
      return Sense.INVALID_FIELD_IN_CDB.at(REPORTING_OPTIONS_AT);
    }
    boolean known = commands.stream().anyMatch(c -> c.code() == cdb.operationCode());
    if (cdb.options() == BY_SERVICE_ACTION && known && !ofActions) {
      return Sense.INVALID_FIELD_IN_CDB.at(REPORTING_OPTIONS_AT);
    }
    putOne(out, commands, cdb);
    return null;
  }

  private static boolean isServed(Command command, BlockDevice disk) {
    return (disk.encrypted() || !command.equals(CRYPTOGRAPHIC_ERASE))
        && (disk.takesMarks() || !command.equals(MARK));
  }

  private static void putAll(ByteBuffer out, List<Command> commands, boolean timeouts) {
    int start = out.position();
    out.putInt(0);
    for (Command command : commands) {
      out.put((byte) command.code()).put((byte) 0);
      out.putShort((short) (command.hasServiceAction() ? command.serviceAction() : 0))
          .put((byte) 0);
      out.put((byte) ((timeouts ? 2 : 0) | (command.hasServiceAction() ? 1 : 0)));
      out.putShort((short) command.length());
      if (timeouts) {
        putTimeouts(out);
      }
    }
    out.putInt(start, out.position() - start - Integer.BYTES);
  }

  private static void putOne(ByteBuffer out, List<Command> commands, Cdb.ReportOperationCodes cdb) {
    int wanted = cdb.options() == BY_OPERATION_CODE ? NO_SERVICE_ACTION : cdb.serviceAction();
    for (Command command : commands) {
      boolean match = !command.hasServiceAction() || command.serviceAction() == wanted;
      if (command.code() == cdb.operationCode() && match) {
        out.put((byte) 0).put((byte) (SUPPORTED | (cdb.timeouts() ? 0x80 : 0)));
        out.putShort((short) command.length()).put(HexFormat.of().parseHex(command.usage()));
        if (cdb.timeouts()) {
          putTimeouts(out);
        }
        return;
      }
    }
    out.put((byte) 0).put((byte) NOT_SUPPORTED).putShort((short) 0);
  }

  /** A timeouts descriptor that recommends nothing. */
  private static void putTimeouts(ByteBuffer out) {
    out.putShort((short) (TIMEOUTS_BYTES - 2)).put(new byte[TIMEOUTS_BYTES - 2]);
  }
}
