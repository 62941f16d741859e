package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.scsi.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a connection says without being asked, RFC 7143 sections 11.9 and 11.19. For one thread at a
 * time.
 */
final class AsyncMessages {

  /** Fields and events of an asynchronous message. */
  private static final int ASYNC_EVENT = 36;

  private static final int PARAMETER_1 = 38;
  private static final int PARAMETER_2 = 40;
  private static final int PARAMETER_3 = 42;
  private static final int LOGOUT_REQUESTED = 1;
  private static final int CONNECTION_DROPPED = 2;

  /** The shortest time that can be given to log out. */
  private static final int LOGOUT_SECONDS = 1;

  /** Tags the pings that we send; the answers carry it back. */
  private static final int PING_TAG = 2;

  private static final int SCSI_EVENT = 0;

  private final Replies replies;
  private final PduWriter writer;
  private final int connectionId;

  AsyncMessages(Replies replies, PduWriter writer, int connectionId) {
    this.replies = replies;
    this.writer = writer;
    this.connectionId = connectionId;
  }

  /** Asks whether the initiator is still there. */
  void ping() throws IOException {
    replies
        .addUnnumbered(Opcode.NOP_IN)
        .flags(BasicHeader.FINAL)
        .initiatorTaskTag(BasicHeader.NO_TAG)
        .targetTransferTag(PING_TAG);
    writer.flush();
  }

  /**
   * Tells a logical unit's news to an initiator that may have no command to be told with.
   *
   * @param lun field of the unit, or of any
   */
  void scsiEvent(long lun, Sense news) throws IOException {
    ByteBuffer sense = ByteBuffer.allocate(Short.BYTES + Sense.FIXED_BYTES);
    sense.putShort((short) Sense.FIXED_BYTES);
    news.putFixed(sense);
    replies
        .add(Opcode.ASYNC_MESSAGE, BasicHeader.NO_TAG, sense.flip())
        .byteAt(ASYNC_EVENT, SCSI_EVENT)
        .lun(lun);
    writer.flush();
  }

  /** Asks the initiator to log out. */
  void requestLogout() throws IOException {
    add(LOGOUT_REQUESTED).shortAt(PARAMETER_3, LOGOUT_SECONDS);
    writer.flush();
  }

  /** Says that the connection is about to end, and that its tasks are not kept. */
  void announceDrop() throws IOException {
    add(CONNECTION_DROPPED)
        .shortAt(PARAMETER_1, connectionId)
        .shortAt(PARAMETER_2, Limits.RETURN_AFTER_SECONDS);
    writer.flush();
  }

  private BasicHeader add(int event) throws IOException {
    return replies.add(Opcode.ASYNC_MESSAGE, BasicHeader.NO_TAG).byteAt(ASYNC_EVENT, event);
  }
}
