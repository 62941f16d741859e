package io.everwhen.target.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A LUN that leads to no logical unit: what is answered there, SPC-4 sections 6.6.1, 6.33, 6.39.
 */
final class AbsentUnit implements Nexus {

  private static final int INQUIRY_BYTES_MAX = 256;

  private final LogicalUnits session;

  AbsentUnit(LogicalUnits session) {
    this.session = session;
  }

  @Override
  public boolean exists() {
    return false;
  }

  @Override
  public long dataOutBytes(Cdb cdb) {
    return 0;
  }

  @Override
  public @Nullable Sense check(Cdb cdb) {
    return cdb.alwaysAnswered() ? null : Sense.LOGICAL_UNIT_NOT_SUPPORTED;
  }

  @Override
  public Cdb withDataOut(Cdb cdb, long bytes) {
    return cdb;
  }

  @Override
  public Outcome execute(Cdb cdb, ByteBuffer dataOut, DataIn dataIn) throws IOException {
    if (cdb instanceof Cdb.Inquiry inquiry) {
      return inquiry(inquiry, dataIn);
    } else if (cdb instanceof Cdb.ReportLuns luns) {
      return session.reportLuns(luns, dataIn);
    } else if (cdb instanceof Cdb.RequestSense request) {
      return UnitInformation.requestSense(request, Sense.LOGICAL_UNIT_NOT_SUPPORTED, dataIn);
    }
    return new Outcome.CheckCondition(Sense.LOGICAL_UNIT_NOT_SUPPORTED);
  }

  private static Outcome inquiry(Cdb.Inquiry inquiry, DataIn dataIn) throws IOException {
    if (inquiry.evpd() || inquiry.page() != 0) {
      return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    }
    ByteBuffer reply = ByteBuffer.allocate(INQUIRY_BYTES_MAX);
    StandardInquiry.put(reply, false, false, false);
    return UnitInformation.finish(null, reply, inquiry.allocationLength(), dataIn);
  }

  @Override
  public @Nullable Sense settle() {
    return null;
  }

  @Override
  public @Nullable Sense flush() {
    return null;
  }

  @Override
  public void expectFlush() {}

  @Override
  public boolean descriptorSense() {
    return false;
  }

  @Override
  public void abort() {}

  @Override
  public void clear() {}

  @Override
  public void reset() {}

  @Override
  public void dropped() {}

  @Override
  public int aborts() {
    return 0;
  }
}
