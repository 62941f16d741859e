package io.everwhen.appliance.benchmark;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Answers messages of the sizes of iSCSI, and does nothing else: for each read as much data as it
 * asks for, for each write a header when its data has come. No login, no data that has to be asked
 * for. Serves until it is killed, each connection by a thread.
 */
final class EchoServer {

  private static final int BUFFER_BYTES = 1 << 20;
  private static final int SEGMENT_BYTES_MAX = Terms.RECEIVE_SEGMENT_BYTES_MAX;
  private static final int WINDOW = 1 << 12;

  private final PduReader reader;
  private final PduBatch batch;

  /** The last CmdSN and a window; data that follow a command have none. */
  private int maxCmdSn;

  private EchoServer(SocketChannel socket) {
    reader = new PduReader(socket, BUFFER_BYTES, SEGMENT_BYTES_MAX);
    batch = new PduBatch(socket, ByteBuffer.allocateDirect(SEGMENT_BYTES_MAX));
  }

  public static void main(String[] arguments) throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      System.out.println("ready " + ((InetSocketAddress) server.getLocalAddress()).getPort());
      while (true) {
        SocketChannel socket = server.accept();
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try (socket) {
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                new EchoServer(socket).serve();
              } catch (IOException _) {
                // The peer is done.
              }
            });
      }
    }
  }

  private void serve() throws IOException {
    while (reader.fill()) {
      while (reader.next()) {
        BasicHeader request = reader.header();
        boolean command = request.opcode() == Opcode.SCSI_COMMAND;
        if (command) {
          maxCmdSn = request.cmdSn() + WINDOW;
        }
        if (command && request.hasFlag(BasicHeader.READ)) {
          send(request);
        } else if (request.hasFlag(BasicHeader.FINAL)) {
          batch
              .add(Opcode.SCSI_RESPONSE)
              .flags(BasicHeader.FINAL)
              .initiatorTaskTag(request.initiatorTaskTag())
              .maxCmdSn(maxCmdSn);
        }
      }
      batch.flush();
    }
  }

  private void send(BasicHeader request) throws IOException {
    int bytes = (int) request.expectedDataTransferLength();
    for (int at = 0; at < bytes; ) {
      int length = Math.min(SEGMENT_BYTES_MAX, bytes - at);
      boolean last = at + length == bytes;
      batch
          .add(Opcode.DATA_IN, 0, length)
          .flags(last ? BasicHeader.FINAL | BasicHeader.STATUS : 0)
          .initiatorTaskTag(request.initiatorTaskTag())
          .maxCmdSn(maxCmdSn)
          .bufferOffset(at);
      at += length;
    }
  }
}
