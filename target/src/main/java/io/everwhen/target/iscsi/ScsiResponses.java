package io.everwhen.target.iscsi;

import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.Opcode;
import io.everwhen.target.scsi.LogicalUnits;
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
  private static final int RESERVATION_CONFLICT = 0x18;

  private final Replies replies;
  private final LogicalUnits units;
  private final int[] tags = new int[WAITING_MAX];
  private final long[] residuals = new long[WAITING_MAX];
  private final int[] r2tCounts = new int[WAITING_MAX];
  private final ByteBuffer senseData = ByteBuffer.allocate(Short.BYTES + Sense.FIXED_BYTES);
  private int waiting;
  private boolean flush;

  ScsiResponses(Replies replies, LogicalUnits units) {
    this.replies = replies;
    this.units = units;
  }

  static int residualFlags(long expected, long actual) {
    return expected == actual
        ? 0
        : expected > actual ? BasicHeader.UNDERFLOW : BasicHeader.OVERFLOW;
  }

  void good(int tag, long residual, int expDataSn) throws IOException {
    respond(tag, null, residual, expDataSn);
  }

  void failed(int tag, Sense sense, long expected, long actual, int expDataSn) throws IOException {
    respond(tag, sense, expected - actual, expDataSn);
  }

  void conflict(int tag, long residual, int expDataSn) throws IOException {
    complete(
        replies.add(Opcode.SCSI_RESPONSE, tag).byteAt(3, RESERVATION_CONFLICT),
        residual,
        expDataSn);
  }

  private void respond(int tag, @Nullable Sense sense, long residual, int expDataSn)
      throws IOException {
    BasicHeader header;
    if (sense == null) {
      header = replies.add(Opcode.SCSI_RESPONSE, tag);
    } else {
      senseData.clear().putShort((short) Sense.FIXED_BYTES);
      sense.putFixed(senseData);
      header = replies.add(Opcode.SCSI_RESPONSE, tag, senseData.flip()).byteAt(3, CHECK_CONDITION);
    }
    complete(header, residual, expDataSn);
  }

  private static void complete(BasicHeader header, long residual, int expDataSn) {
    header
        .flags(BasicHeader.FINAL | residualFlags(residual, 0))
        .dataSn(expDataSn)
        .residualCount(Math.abs(residual));
  }

  /** GOOD once the burst is settled, or flushed. */
  void later(int tag, long residual, int expDataSn, boolean flushed) {
    tags[waiting] = tag;
    residuals[waiting] = residual;
    r2tCounts[waiting] = expDataSn;
    waiting++;
    flush |= flushed;
  }

  /** Whether no further response can wait. */
  boolean full() {
    return waiting == WAITING_MAX;
  }

  /** Settles or flushes once for all that waits, and answers it. */
  void settle() throws IOException {
    if (waiting > 0) {
      answer(flush ? units.flush() : units.settle());
    }
  }

  /** No change since the last settle may be acknowledged: everything that waits fails. */
  void lose(Sense sense) throws IOException {
    answer(sense);
    // Draws the line after which changes count again; what it settles stays unacknowledged.
    units.settle();
  }

  private void answer(@Nullable Sense failure) throws IOException {
    for (int i = 0; i < waiting; i++) {
      respond(tags[i], failure, residuals[i], r2tCounts[i]);
    }
    waiting = 0;
    flush = false;
  }
}
