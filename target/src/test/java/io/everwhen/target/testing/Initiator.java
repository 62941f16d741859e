package io.everwhen.target.testing;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Digest;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduReader;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.pdu.TextKeys;
import io.everwhen.target.pdu.TextKeys.Pair;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** An initiator that does what a test says, right or wrong, one PDU at a time. */
public final class Initiator implements AutoCloseable {

  private static final int RECEIVE_BYTES_MAX = 256 << 10;
  private static final int FULL_FEATURE = 3;
  private static final int OPERATIONAL = 1;

  private final SocketChannel socket;
  private final PduReader reader;
  private final PduWriter writer;
  private int cmdSn = 1;
  private int tsih;
  private int connectionId;
  private int transferTag;
  private int tag;
  private boolean isNext; // whether the reader is at a PDU that was not received yet

  public Initiator(InetSocketAddress address) throws IOException {
    socket = SocketChannel.open(address);
    socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
    reader = new PduReader(socket, RECEIVE_BYTES_MAX, RECEIVE_BYTES_MAX);
    writer = new PduWriter(socket, RECEIVE_BYTES_MAX);
  }

  /** This end of the connection. */
  public InetSocketAddress localAddress() throws IOException {
    return (InetSocketAddress) socket.getLocalAddress();
  }

  /** A PDU from the target. */
  public record Reply(BasicHeader header, ByteBuffer data) {

    public int status() {
      return header.byteAt(3);
    }

    /**
     * Sense key, code and qualifier of a SCSI response, as one number: 0x52400 is ILLEGAL REQUEST,
     * 24h/00h.
     */
    public int sense() {
      return ((data.get(4) & 0xf) << 16) | (data.getShort(14) & 0xffff);
    }

    public int loginStatus() {
      return header.shortAt(36);
    }

    public Map<String, String> keys() throws IOException {
      Map<String, String> keys = new HashMap<>();
      TextKeys.decode(data.duplicate()).forEach(pair -> keys.put(pair.key(), pair.value()));
      return keys;
    }
  }

  public SocketChannel socket() {
    return socket;
  }

  public int cmdSn() {
    return cmdSn;
  }

  public void cmdSn(int value) {
    cmdSn = value;
  }

  /** The Target Transfer Tag that a test wants to keep. */
  public int transferTag() {
    return transferTag;
  }

  public void transferTag(int value) {
    transferTag = value;
  }

  /** The next login is for another connection of a session. */
  public void joins(int session, int asConnection) {
    tsih = session;
    connectionId = asConnection;
  }

  /** Logs in to the usual disk in one step, with further keys as {@code key=value}. */
  public Reply logIn(String... keys) throws IOException {
    return logInAs("iqn.2026-11.test:one", MemoryPortal.NAME, 1, keys);
  }

  public Reply logInAs(String initiator, String target, int isid, String... keys)
      throws IOException {
    List<String> all =
        new ArrayList<>(List.of("InitiatorName=" + initiator, "TargetName=" + target));
    all.addAll(List.of(keys));
    Reply reply = login(isid, all.toArray(String[]::new));
    if (reply.loginStatus() == 0) {
      Digest header = digest(reply, "HeaderDigest");
      Digest data = digest(reply, "DataDigest");
      reader.digests(header, data);
      writer.digests(header, data);
    }
    return reply;
  }

  private static Digest digest(Reply reply, String key) throws IOException {
    return Digest.valueOf(reply.keys().getOrDefault(key, "None").toUpperCase(Locale.ROOT));
  }

  /** Sends a login request that wants full feature phase, with exactly these keys. */
  public Reply login(int isid, String... keys) throws IOException {
    List<Pair> pairs = new ArrayList<>();
    for (String key : keys) {
      int equals = key.indexOf('=');
      pairs.add(new Pair(key.substring(0, equals), key.substring(equals + 1)));
    }
    BasicHeader header =
        writer.add(0x40 | Opcode.LOGIN_REQUEST, ByteBuffer.wrap(TextKeys.encode(pairs)));
    header
        .flags(BasicHeader.FINAL | (OPERATIONAL << 2) | FULL_FEATURE)
        .lun((long) isid << 16 | tsih);
    header.initiatorTaskTag(tag++).shortAt(20, connectionId).statSn(cmdSn);
    writer.flush();
    return receive();
  }

  /** Sends a PDU with the next CmdSN and task tag; returns the tag. */
  public int send(int opcode, ByteBuffer data, Consumer<BasicHeader> fill) throws IOException {
    int sent = queue(opcode, data, fill);
    writer.flush();
    return sent;
  }

  /** The same, but it waits for {@link #flush}. */
  public int queue(int opcode, ByteBuffer data, Consumer<BasicHeader> fill) throws IOException {
    BasicHeader header = writer.add(opcode, data).flags(BasicHeader.FINAL).initiatorTaskTag(tag);
    boolean numbered = opcode != Opcode.DATA_OUT && (opcode & 0x40) == 0;
    // CmdSN lies where a response has its StatSN.
    header.statSn(numbered ? cmdSn++ : cmdSn);
    fill.accept(header);
    return tag++;
  }

  public void flush() throws IOException {
    writer.flush();
  }

  /** Sends a SCSI command; {@code cdb} is in hexadecimal. */
  public int command(String cdb, int flags, int expected, ByteBuffer data) throws IOException {
    return send(Opcode.SCSI_COMMAND, data, header -> fillCommand(header, cdb, flags, expected));
  }

  /** Fills in a SCSI command for LUN 0. */
  public static void fillCommand(BasicHeader header, String cdb, int flags, int expected) {
    byte[] bytes = HexFormat.of().parseHex(cdb.replace(" ", ""));
    header.flags(flags).targetTransferTag(expected);
    for (int i = 0; i < bytes.length; i++) {
      header.byteAt(BasicHeader.CDB_AT + i, bytes[i]);
    }
  }

  /** Reads; all the data comes with the last PDU. */
  public Reply read(String cdb, int expected) throws IOException {
    command(cdb, BasicHeader.FINAL | BasicHeader.READ, expected, ByteBuffer.allocate(0));
    ByteBuffer all = ByteBuffer.allocate(expected);
    while (true) {
      Reply reply = receive();
      if (reply.header().opcode() != Opcode.DATA_IN) {
        return reply;
      }
      all.put(reply.data());
      if (reply.header().hasFlag(BasicHeader.STATUS)) {
        return new Reply(reply.header(), all.flip());
      }
    }
  }

  /** Writes with immediate data. */
  public Reply write(String cdb, ByteBuffer data) throws IOException {
    command(cdb, BasicHeader.FINAL | BasicHeader.WRITE, data.remaining(), data);
    return receive();
  }

  /** Sends a Data-Out. */
  public void dataOut(
      int taskTag, int transferTag, int dataSn, int offset, boolean last, ByteBuffer data)
      throws IOException {
    send(
        Opcode.DATA_OUT,
        data,
        header ->
            header
                .flags(last ? BasicHeader.FINAL : 0)
                .initiatorTaskTag(taskTag)
                .targetTransferTag(transferTag)
                .dataSn(dataSn)
                .bufferOffset(offset));
  }

  /** Whether something has come that was not received yet. */
  public boolean hasArrived() throws IOException {
    isNext = isNext || reader.next();
    return isNext || socket.socket().getInputStream().available() > 0;
  }

  /** Waits for the next PDU. */
  public Reply receive() throws IOException {
    while (!isNext && !reader.next()) {
      if (!reader.fill()) {
        throw new EOFException("the target has closed the connection");
      }
    }
    isNext = false;
    ByteBuffer copy = ByteBuffer.allocate(BasicHeader.BYTES);
    copy.put(0, reader.header().buffer(), reader.header().at(), BasicHeader.BYTES);
    ByteBuffer data = ByteBuffer.allocate(reader.dataBytes()).put(reader.data()).flip();
    return new Reply(new BasicHeader().wrap(copy, 0), data);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
