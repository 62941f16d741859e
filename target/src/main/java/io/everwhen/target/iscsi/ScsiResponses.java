package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.scsi.Nexus;
import io.everwhen.target.scsi.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * SCSI responses, RFC 7143 section 11.4, and those of a burst that wait until its changes are
 * settled. A residual is given as what the initiator expected less what there was: negative is
 * overflow. For one thread.
 */
final class ScsiResponses {

  /** Responses that wait at once, at most. */
  private static final int WAITING_MAX = 512;

  private static final int CHECK_CONDITION = 0x02;
  private static final int BUSY = 0x08;
  private static final int RESERVATION_CONFLICT = 0x18;

  private final Replies replies;
  private final int[] tags = new int[WAITING_MAX];
  private final @Nullable Nexus[] nexuses = new @Nullable Nexus[WAITING_MAX];
  private final long[] residuals = new long[WAITING_MAX];
  private final int[] r2tCounts = new int[WAITING_MAX];
  private final boolean[] flushes = new boolean[WAITING_MAX];
  private final ByteBuffer senseData =
      ByteBuffer.allocate(Short.BYTES + Sense.DESCRIPTOR_BYTES_MAX);
  private int waiting;
  private boolean flushWaits;

  ScsiResponses(Replies replies) {
    this.replies = replies;
  }

  static int residualFlags(long expected, long actual) {
    return expected == actual
        ? 0
        : expected > actual ? BasicHeader.UNDERFLOW : BasicHeader.OVERFLOW;
  }

  void good(int tag, long residual, int expDataSn) throws IOException {
    complete(replies.add(Opcode.SCSI_RESPONSE, tag), residual, expDataSn);
  }

  void failed(int tag, Nexus nexus, Sense sense, long expected, long actual, int expDataSn)
      throws IOException {
    respond(tag, nexus, sense, expected - actual, expDataSn);
  }

  void conflict(int tag, long residual, int expDataSn) throws IOException {
    refused(tag, RESERVATION_CONFLICT, residual, expDataSn);
  }

  /** Nothing was done, and the initiator may try again. */
  void busy(int tag, long residual, int expDataSn) throws IOException {
    refused(tag, BUSY, residual, expDataSn);
  }

  private void refused(int tag, int status, long residual, int expDataSn) throws IOException {
    complete(replies.add(Opcode.SCSI_RESPONSE, tag).byteAt(3, status), residual, expDataSn);
  }

  private void respond(int tag, Nexus nexus, @Nullable Sense sense, long residual, int expDataSn)
      throws IOException {
    if (sense == null) {
      good(tag, residual, expDataSn);
      return;
    }
    senseData.clear().position(Short.BYTES);
    sense.put(senseData, nexus.descriptorSense());
    senseData.putShort(0, (short) (senseData.position() - Short.BYTES));
    BasicHeader header =
        replies.add(Opcode.SCSI_RESPONSE, tag, senseData.flip()).byteAt(3, CHECK_CONDITION);
    complete(header, residual, expDataSn);
  }

  private static void complete(BasicHeader header, long residual, int expDataSn) {
    header
        .flags(BasicHeader.FINAL | residualFlags(residual, 0))
        .dataSn(expDataSn)
        .residualCount(Math.abs(residual));
  }

  /** GOOD once what the nexus has changed is settled, or flushed. */
  void later(int tag, Nexus nexus, long residual, int expDataSn, boolean flushed) {
    tags[waiting] = tag;
    nexuses[waiting] = nexus;
    residuals[waiting] = residual;
    r2tCounts[waiting] = expDataSn;
    flushes[waiting] = flushed;
    flushWaits |= flushed;
    waiting++;
  }

  /** Whether no response waits. */
  boolean isEmpty() {
    return waiting == 0;
  }

  /** How many changes wait that are only to be settled; 0 when something is to be flushed. */
  int settling() {
    return flushWaits ? 0 : waiting;
  }

  /** The nexus of the last response that waits; null when none does. */
  @Nullable Nexus last() {
    return waiting == 0 ? null : nexuses[waiting - 1];
  }

  /** Whether no further response can wait. */
  boolean full() {
    return waiting == WAITING_MAX;
  }

  /** Settles or flushes once for all that waits at the same logical unit, and answers it. */
  void settle() throws IOException {
    for (int i = 0; i < waiting; i++) {
      Nexus nexus = nexuses[i];
      if (nexus != null) {
        answer(nexus, i, flushes(nexus, i) ? nexus.flush() : nexus.settle());
      }
    }
    waiting = 0;
    flushWaits = false;
  }

  private boolean flushes(Nexus nexus, int from) {
    for (int i = from; i < waiting; i++) {
      if (flushes[i] && nexuses[i] == nexus) {
        return true;
      }
    }
    return false;
  }

  /** No change since the last settle may be acknowledged: everything that waits there fails. */
  void lose(Nexus nexus, Sense sense) throws IOException {
    // Draws the line after which changes count again; what it settles stays unacknowledged.
    nexus.settle();
    answer(nexus, 0, sense);
  }

  private void answer(Nexus nexus, int from, @Nullable Sense failure) throws IOException {
    for (int i = from; i < waiting; i++) {
      if (nexuses[i] == nexus) {
        nexuses[i] = null;
        respond(tags[i], nexus, failure, residuals[i], r2tCounts[i]);
      }
    }
  }

  /** Nobody is there to be answered; the disks let go of the data. */
  void drop() {
    for (int i = 0; i < waiting; i++) {
      Nexus nexus = nexuses[i];
      if (nexus != null) {
        nexus.settle();
      }
    }
    waiting = 0;
    flushWaits = false;
  }
}
