package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.ProtocolException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Copies of commands that came before their turn, and of the unsolicited data that followed them.
 */
final class HeldPdus {

  /** A command, header and data in one buffer each, then the Data-Out PDUs that belong to it. */
  record Held(int cmdSn, int initiatorTaskTag, List<ByteBuffer> pdus) {}

  private final Map<Integer, Held> byCmdSn = new HashMap<>();
  private final List<ByteBuffer> immediate = new ArrayList<>();
  private int bytes;

  boolean isEmpty() {
    return byCmdSn.isEmpty() && immediate.isEmpty();
  }

  /** Keeps an immediate request that has to wait for the commands before it. */
  void holdImmediate(BasicHeader header) throws ProtocolException {
    immediate.add(copy(header, ByteBuffer.allocate(0)));
  }

  /** Takes out the immediate requests that all commands before have come of. */
  List<ByteBuffer> takeImmediate(Predicate<BasicHeader> due) {
    BasicHeader header = new BasicHeader();
    List<ByteBuffer> taken =
        immediate.stream().filter(pdu -> due.test(header.wrap(pdu, 0))).toList();
    immediate.removeAll(taken);
    taken.forEach(pdu -> bytes -= pdu.capacity());
    return taken;
  }

  /** Keeps a command. */
  void hold(BasicHeader header, ByteBuffer data) throws ProtocolException {
    List<ByteBuffer> pdus = new ArrayList<>();
    pdus.add(copy(header, data));
    byCmdSn.put(header.cmdSn(), new Held(header.cmdSn(), header.initiatorTaskTag(), pdus));
  }

  /** Keeps unsolicited data of a held command; false if there is none of this task tag. */
  boolean holdData(BasicHeader header, ByteBuffer data) throws ProtocolException {
    for (Held held : byCmdSn.values()) {
      if (held.initiatorTaskTag() == header.initiatorTaskTag()) {
        held.pdus().add(copy(header, data));
        return true;
      }
    }
    return false;
  }

  private ByteBuffer copy(BasicHeader header, ByteBuffer data) throws ProtocolException {
    int length = BasicHeader.BYTES + data.remaining();
    bytes += length;
    if (bytes > Limits.HELD_BYTES_MAX) {
      throw new ProtocolException(
          "more than " + Limits.HELD_BYTES_MAX + " bytes ahead of their CmdSN");
    }
    ByteBuffer copy = ByteBuffer.allocate(length);
    copy.put(0, header.buffer(), header.at(), BasicHeader.BYTES);
    copy.put(BasicHeader.BYTES, data, data.position(), data.remaining());
    return copy;
  }

  /** Lets go of commands that have come over another connection meanwhile, or were aborted. */
  void dropBefore(int expCmdSn) {
    List<Integer> late = byCmdSn.keySet().stream().filter(each -> each - expCmdSn < 0).toList();
    late.forEach(this::take);
  }

  /** Takes out the command whose turn it is. */
  @Nullable Held take(int cmdSn) {
    Held held = byCmdSn.remove(cmdSn);
    if (held != null) {
      for (ByteBuffer pdu : held.pdus()) {
        bytes -= pdu.capacity();
      }
    }
    return held;
  }
}
