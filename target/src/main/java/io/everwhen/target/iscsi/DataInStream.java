package io.everwhen.target.iscsi;

import io.everwhen.target.block.Loan;
import io.everwhen.target.pdu.BasicHeader;
import io.everwhen.target.pdu.PduWriter;
import io.everwhen.target.scsi.DataIn;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The data of one command on its way out, as Data-In PDUs, RFC 7143 section 11.7. Reused for every
 * command.
 */
final class DataInStream implements DataIn {

  /**
   * A reply this short that is sent by itself is copied: to reach its pages where they lie for the
   * first time takes longer than that, and there is no other to share one gathered write with.
   */
  private static final int COPIED_BYTES_MAX = 16 << 10;

  private final PduWriter writer;
  private final CommandWindow window;
  private final int burstBytesMax;
  private final PduWriter.DataInHeaders headers = this::fill;
  private int perPdu;

  private int initiatorTaskTag;
  private long expected;
  private long total;
  private long wanted;
  private long sent;
  private int claimed;
  private int dataSn;
  private int inSequence;

  DataInStream(PduWriter writer, CommandWindow window, int burstBytesMax, int segmentBytesMax) {
    this.writer = writer;
    this.window = window;
    this.burstBytesMax = burstBytesMax;
    segmentBytesMax(segmentBytesMax);
  }

  void segmentBytesMax(int bytes) {
    perPdu = Math.min(bytes, burstBytesMax);
  }

  /** Starts over for a command whose initiator takes {@code expected} bytes. */
  void reset(int initiatorTaskTag, long expected) {
    this.initiatorTaskTag = initiatorTaskTag;
    this.expected = expected;
    total = 0;
    wanted = 0;
    sent = 0;
    dataSn = 0;
    inSequence = 0;
  }

  /** What the command had to return, whether the initiator takes it or not. */
  long total() {
    return total;
  }

  long sent() {
    return sent;
  }

  /** How many Data-In PDUs there are. */
  int pdus() {
    return dataSn;
  }

  @Override
  public long begin(long bytes) {
    total = bytes;
    wanted = Math.min(bytes, expected);
    return wanted;
  }

  @Override
  public ByteBuffer claim(long bytes) throws IOException {
    ByteBuffer room = writer.claim((int) Math.min(bytes, PduWriter.CLAIM_BYTES_MAX), perPdu);
    claimed = room.remaining();
    return room;
  }

  @Override
  public void commit() throws IOException {
    writer.commit((int) Math.min(claimed, wanted - sent), perPdu, headers);
  }

  @Override
  public int borrowedBytesMax() {
    boolean copied = writer.isEmpty() && wanted <= COPIED_BYTES_MAX;
    return writer.borrows() && !copied ? PduWriter.CLAIM_BYTES_MAX : 0;
  }

  @Override
  public void borrow(Loan loan) throws IOException {
    int bytes = (int) Math.min(loan.content().limit(), wanted - sent);
    writer.commit(loan, bytes, perPdu, headers);
  }

  private void fill(BasicHeader header, int bytes) {
    sent += bytes;
    inSequence += bytes;
    // A sequence ends before it could exceed MaxBurstLength, and with the data.
    boolean ends = sent == wanted || inSequence + perPdu > burstBytesMax;
    if (ends) {
      inSequence = 0;
    }
    header
        .flags(ends ? BasicHeader.FINAL : 0)
        .initiatorTaskTag(initiatorTaskTag)
        .targetTransferTag(BasicHeader.NO_TAG);
    header.expCmdSn(window.expCmdSn()).maxCmdSn(window.maxCmdSn());
    header.dataSn(dataSn++).bufferOffset(sent - bytes);
  }
}
