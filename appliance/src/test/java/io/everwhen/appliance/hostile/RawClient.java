package io.everwhen.appliance.hostile;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A connection to a portal on which a test says what it likes. */
final class RawClient implements AutoCloseable {

  /** The first CmdSN after {@link #logIn}. */
  static final int FIRST_CMD_SN = 1;

  private static final int STATUS_AT = 36;

  private final SocketChannel socket;

  /**
   * @param from this machine's address to come from: 127.0.0.2 and its like count as other peers
   */
  RawClient(String from, int port) throws IOException {
    socket = SocketChannel.open();
    try {
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** What a login to {@code target} says, with further keys. */
  static String[] introduction(String initiator, String target, String... keys) {
    String[] all = new String[keys.length + 2];
    all[0] = "InitiatorName=" + initiator;
    all[1] = "TargetName=" + target;
    System.arraycopy(keys, 0, all, 2, keys.length);
    return all;
  }

  /** Logs in, in one step. */
  RawClient logIn(String initiator, String target, int isid, String... keys) throws IOException {
    send(
        Pdu.login(Pdu.FINAL, 1, 3, introduction(initiator, target, keys))
            .isid(isid)
            .cmdSn(FIRST_CMD_SN));
    int status = receive().getShort(STATUS_AT);
    if (status != 0) {
      throw new IOException("login refused: " + Integer.toHexString(status));
    }
    return this;
  }

  void send(Pdu pdu) throws IOException {
    send(pdu.bytes().duplicate());
  }

  void send(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      socket.write(bytes);
    }
  }

  /** Waits for a PDU without digests, and returns its header. */
  ByteBuffer receive() throws IOException {
    return receiveWithData().limit(Pdu.HEADER_BYTES);
  }

  /** Waits for a PDU without digests, and returns all of it. */
  ByteBuffer receiveWithData() throws IOException {
    ByteBuffer header = read(Pdu.HEADER_BYTES);
    int data = header.getInt(4) & 0xffffff;
    ByteBuffer pdu = ByteBuffer.allocate(Pdu.HEADER_BYTES + data);
    pdu.put(0, header, 0, Pdu.HEADER_BYTES);
    pdu.put(Pdu.HEADER_BYTES, read((data + 3) & ~3), 0, data);
    return pdu;
  }

  private ByteBuffer read(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (socket.read(bytes) < 0) {
        throw new EOFException("the target has closed the connection");
      }
    }
    return bytes.flip();
  }

  /** Says no more, and waits until the target has closed the connection too. */
  void finish() throws IOException {
    try {
      socket.shutdownOutput();
      drain();
    } catch (IOException _) {
      // Reset, which is an end too.
    }
  }

  /** Takes what comes until the target closes the connection. */
  void drain() throws IOException {
    ByteBuffer waste = ByteBuffer.allocate(64 << 10);
    while (socket.read(waste.clear()) >= 0) {
      // On to the end.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
