package io.everwhen.target.iscsi;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.ProtocolException;
import io.everwhen.target.testing.Initiator;
import io.everwhen.target.testing.LoggedErrors;
import io.everwhen.target.testing.MemoryDisk;
import io.everwhen.target.testing.MemoryPortal;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * A whole conversation with a portal, from login to end. The first byte chooses what is agreed on:
 * digests (bits 0 and 1), InitialR2T (2), ImmediateData (3), whether it is discovery (4), and short
 * segments (5). Each PDU is: bytes 0 and 1 of its header; a task tag, 0 for a new one; what to add
 * to the CmdSN that is due; 0 or the first byte of the LUN; 4 bytes for offset 20 and 16 for offset
 * 32 of the header; a length in 64 bytes; and so much data.
 *
 * <p>The target answers or ends the connection, without an internal error; answers are well-formed,
 * StatSN counts them, and no command returns more data than was expected.
 */
public final class PortalFuzz {

  private static final String INITIATOR = "iqn.2026-11.test:fuzz";
  private static final int DISK_BYTES = 256 * 512;
  private static final int RECORD_BYTES = 2 + 3 + 4 + 16 + 1;
  private static final int LENGTH_UNIT = 64;
  private static final int PDUS_MAX = 64;
  private static final int CHECK_CONDITION = 2;

  private static final LoggedErrors errors = LoggedErrors.watch();
  private static final MemoryPortal portal = portal();

  private final Initiator initiator;
  private final Map<Integer, Long> expected = new HashMap<>();
  private final Map<Integer, Long> returned = new HashMap<>();
  private int statSn;

  private PortalFuzz(Initiator initiator) {
    this.initiator = initiator;
  }

  private static MemoryPortal portal() {
    try {
      return new MemoryPortal(new MemoryDisk(DISK_BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    // A disk of its own, so that one input leaves nothing behind for the next.
    portal.targets().remove(MemoryPortal.NAME);
    portal.add(MemoryPortal.NAME, new MemoryDisk(DISK_BYTES));
    try (Initiator initiator = new Initiator(portal.address())) {
      PortalFuzz conversation = new PortalFuzz(initiator);
      conversation.logIn(input[0]);
      conversation.send(ByteBuffer.wrap(input, 1, input.length - 1));
      conversation.receive();
    }
    ILoggingEvent error = errors.take();
    if (error != null) {
      throw new AssertionError(LoggedErrors.text(error));
    }
  }

  private void logIn(int choice) throws IOException {
    String segment = "MaxRecvDataSegmentLength=" + ((choice & 32) == 0 ? 262144 : 512);
    Initiator.Reply reply =
        (choice & 16) != 0
            ? initiator.login(1, "InitiatorName=" + INITIATOR, "SessionType=Discovery", segment)
            : initiator.logInAs(
                INITIATOR,
                MemoryPortal.NAME,
                1,
                "HeaderDigest=" + ((choice & 1) == 0 ? "None" : "CRC32C"),
                "DataDigest=" + ((choice & 2) == 0 ? "None" : "CRC32C"),
                "InitialR2T=" + ((choice & 4) == 0 ? "No" : "Yes"),
                "ImmediateData=" + ((choice & 8) == 0 ? "Yes" : "No"),
                segment);
    require(reply.loginStatus() == 0, "no login");
    statSn = statSn(reply.header());
  }

  private static int statSn(BasicHeader header) {
    return header.shortAt(24) << 16 | header.shortAt(26);
  }

  private void send(ByteBuffer in) {
    try {
      for (int i = 0; i < PDUS_MAX && in.remaining() >= RECORD_BYTES; i++) {
        queue(in);
      }
      initiator.flush();
      initiator.socket().shutdownOutput();
    } catch (IOException _) {
      // Thrown out before all was said.
    }
  }

  private void queue(ByteBuffer in) throws IOException {
    int opcode = in.get();
    int flags = in.get();
    int tag = in.get();
    int ahead = in.get();
    int lun = in.get();
    int at20 = in.getInt();
    byte[] at32 = new byte[16];
    in.get(at32);
    int length = Math.min((in.get() & 0xff) * LENGTH_UNIT, in.remaining());
    ByteBuffer data = in.slice(in.position(), length);
    in.position(in.position() + length);
    int due = initiator.cmdSn();
    int sent =
        initiator.queue(
            opcode & 0x7f,
            data,
            header -> {
              header.flags(flags).targetTransferTag(at20).byteAt(8, lun).statSn(due + ahead);
              if (tag != 0) {
                header.initiatorTaskTag(tag);
              }
              for (int j = 0; j < at32.length; j++) {
                header.byteAt(32 + j, at32[j]);
              }
            });
    if (ahead != 0) {
      initiator.cmdSn(due);
    }
    if (tag == 0 && (opcode & 0x3f) == Opcode.SCSI_COMMAND) {
      expected.put(sent, (flags & BasicHeader.READ) == 0 ? 0 : at20 & 0xffffffffL);
    }
  }

  private void receive() throws IOException {
    try {
      while (true) {
        check(initiator.receive());
      }
    } catch (EOFException _) {
      // The target has closed the connection, as it should.
    } catch (ProtocolException e) {
      throw new AssertionError("the target's answer is malformed", e);
    } catch (IOException _) {
      // Closed while our data was on its way.
    }
  }

  private void check(Initiator.Reply reply) {
    BasicHeader header = reply.header();
    int tag = header.initiatorTaskTag();
    switch (header.opcode()) {
      case Opcode.DATA_IN -> {
        long all = returned.merge(tag, (long) reply.data().remaining(), Long::sum);
        require(all <= expected.getOrDefault(tag, Long.MAX_VALUE), "more data than expected");
        if (header.hasFlag(BasicHeader.STATUS)) {
          checkStatSn(header);
        }
      }
      case Opcode.SCSI_RESPONSE -> {
        checkStatSn(header);
        if (reply.status() == CHECK_CONDITION) {
          checkSense(reply.data());
        }
      }
      case Opcode.READY_TO_TRANSFER -> {}
      case Opcode.NOP_IN,
          Opcode.TEXT_RESPONSE,
          Opcode.TASK_MANAGEMENT_RESPONSE,
          Opcode.LOGOUT_RESPONSE,
          Opcode.ASYNC_MESSAGE,
          Opcode.REJECT ->
          checkStatSn(header);
      default -> throw new AssertionError("opcode " + header.opcode());
    }
  }

  private void checkStatSn(BasicHeader header) {
    statSn++;
    require(statSn(header) == statSn, "StatSN " + statSn(header) + " where " + statSn + " is due");
  }

  private static void checkSense(ByteBuffer data) {
    require(data.remaining() > Short.BYTES, "no sense data");
    require(data.getShort(0) == data.remaining() - Short.BYTES, "a wrong sense length");
    int format = data.get(2) & 0x7f;
    boolean fixed = format == 0x70;
    require(fixed || format == 0x72, "sense data of format " + format);
    require(
        (data.get(Short.BYTES + 7) & 0xff) == data.remaining() - Short.BYTES - 8,
        "a wrong additional sense length");
    int key = data.get(Short.BYTES + (fixed ? 2 : 1)) & 0xf;
    require(key > 0, "CHECK CONDITION without a sense key");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
