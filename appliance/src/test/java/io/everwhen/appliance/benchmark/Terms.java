package io.everwhen.appliance.benchmark;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduReader;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.pdu.ProtocolException;
import io.everwhen.target.pdu.TextKeys;
import io.everwhen.target.pdu.TextKeys.Pair;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a login has agreed on. It asks for what libiscsi asks for.
 *
 * @param immediateData whether a command may carry data
 * @param initialR2t whether all further data waits to be asked for
 * @param firstBurstBytes what may be sent unasked, with the command and after it
 * @param segmentBytes the longest data segment that the target takes
 */
record Terms(boolean immediateData, boolean initialR2t, int firstBurstBytes, int segmentBytes) {

  /** The longest data segment that this initiator takes. */
  static final int RECEIVE_SEGMENT_BYTES_MAX = 256 << 10;

  /** Everything goes at once, in PDUs as long as those of a login. */
  static final Terms ECHO = new Terms(true, false, Integer.MAX_VALUE, RECEIVE_SEGMENT_BYTES_MAX);

  private static final int FULL_FEATURE = 3;
  private static final int OPERATIONAL = 1;
  private static final int TRANSMIT_BYTES = 8 << 10;
  private static final long RANDOM_ISID = 0x80L << 40;

  /** Logs in, with CmdSN 1 for the command after it. */
  static Terms logIn(SocketChannel socket, PduReader reader, String target, int isid)
      throws IOException {
    PduWriter writer = new PduWriter(socket, TRANSMIT_BYTES);
    List<Pair> offer =
        List.of(
            new Pair("InitiatorName", "iqn.2026-11.io.everwhen:load"),
            new Pair("TargetName", target),
            new Pair("SessionType", "Normal"),
            new Pair("HeaderDigest", "None"),
            new Pair("DataDigest", "None"),
            new Pair("InitialR2T", "No"),
            new Pair("ImmediateData", "Yes"),
            new Pair("MaxBurstLength", "262144"),
            new Pair("FirstBurstLength", "262144"),
            new Pair("MaxRecvDataSegmentLength", Integer.toString(RECEIVE_SEGMENT_BYTES_MAX)),
            new Pair("MaxOutstandingR2T", "1"),
            new Pair("MaxConnections", "1"),
            new Pair("DataPDUInOrder", "Yes"),
            new Pair("DataSequenceInOrder", "Yes"),
            new Pair("ErrorRecoveryLevel", "0"),
            new Pair("DefaultTime2Wait", "2"),
            new Pair("DefaultTime2Retain", "0"));
    Map<String, String> agreed = new HashMap<>();
    long session = (RANDOM_ISID | isid) << 16;
    while (true) {
      writer
          .add(0x40 | Opcode.LOGIN_REQUEST, ByteBuffer.wrap(TextKeys.encode(offer)))
          .flags(BasicHeader.FINAL | (OPERATIONAL << 2) | FULL_FEATURE)
          .lun(session)
          .initiatorTaskTag(0)
          .statSn(1); // where a request has its CmdSN
      writer.flush();
      BasicHeader reply = await(reader);
      if (reply.opcode() != Opcode.LOGIN_RESPONSE || reply.shortAt(36) != 0) {
        throw new ProtocolException(
            "login to %s answered with opcode %#x, status %#06x"
                .formatted(target, reply.opcode(), reply.shortAt(36)));
      }
      new ArrayList<>(TextKeys.decode(reader.data()))
          .forEach(pair -> agreed.put(pair.key(), pair.value()));
      if (reply.hasFlag(BasicHeader.FINAL) && (reply.flags() & 3) == FULL_FEATURE) {
        return of(agreed);
      }
      offer = List.of();
      session = reply.lun();
    }
  }

  /** Waits for the next PDU. */
  static BasicHeader await(PduReader reader) throws IOException {
    while (!reader.next()) {
      if (!reader.fill()) {
        throw new EOFException("the target has closed the connection");
      }
    }
    return reader.header();
  }

  /** What is not answered has the RFC's default. */
  private static Terms of(Map<String, String> agreed) {
    return new Terms(
        agreed.getOrDefault("ImmediateData", "Yes").equals("Yes"),
        agreed.getOrDefault("InitialR2T", "Yes").equals("Yes"),
        Integer.parseInt(agreed.getOrDefault("FirstBurstLength", "65536")),
        Integer.parseInt(agreed.getOrDefault("MaxRecvDataSegmentLength", "8192")));
  }
}
