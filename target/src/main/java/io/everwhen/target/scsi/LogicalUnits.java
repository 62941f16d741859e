package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The logical units behind a target port: what a transport talks to. Today one, LUN 0. Any thread
 * may call it.
 */
public final class LogicalUnits {

  private final DeviceServer unit;

  /** Serves {@code disk} as LUN 0. */
  public LogicalUnits(BlockDevice disk, DiskIdentity identity) {
    unit = new DeviceServer(disk, identity);
  }

  /**
   * The unit that a LUN field names, by peripheral or flat addressing, SAM-5 section 4.7; null if
   * there is none.
   */
  private @Nullable DeviceServer unit(long lun) {
    boolean flat = lun >>> 62 == 1;
    return (flat ? lun & ~(1L << 62) : lun) == 0 ? unit : null;
  }

  /**
   * Opens a nexus with an initiator port.
   *
   * @param port its name, by which reservations know it again: for iSCSI the initiator's name, then
   *     {@code ,i,0x} and the ISID; SPC-4 section 7.6.4.6
   */
  public Nexus open(String port) {
    return unit.open(port);
  }

  /** Forgets a nexus whose initiator port is gone. */
  public void close(Nexus nexus) {
    unit.close(nexus);
  }

  /** Tells every nexus that the units were reset; whoever calls it has aborted their tasks. */
  public void reset() {
    unit.reset();
  }

  /** Whether a LUN field names a unit that is there. */
  public boolean exists(long lun) {
    return unit(lun) != null;
  }

  /** Bytes that the initiator has to send with a command. */
  public long dataOutBytes(long lun, Cdb cdb) {
    DeviceServer server = unit(lun);
    return server == null ? 0 : cdb.dataOutBytes(server.blockSize());
  }

  /**
   * Checks what can be checked before any data moves, so that no data is asked for in vain.
   *
   * @return why the command fails, or null
   */
  public @Nullable Sense check(Nexus nexus, long lun, Cdb cdb) {
    DeviceServer server = unit(lun);
    // These are answered with a unit attention pending and without a logical unit, SPC-4 sections
    // 6.6.1, 6.33 and 6.39.
    boolean always =
        cdb instanceof Cdb.Inquiry
            || cdb instanceof Cdb.ReportLuns
            || cdb instanceof Cdb.RequestSense;
    if (server == null) {
      return always ? null : Sense.LOGICAL_UNIT_NOT_SUPPORTED;
    }
    Sense attention = always ? null : nexus.take();
    return attention == null ? server.check(cdb) : attention;
  }

  /**
   * The command when only {@code bytes} of data come with it; null if it cannot be carried out with
   * those.
   */
  public @Nullable Cdb withDataOut(long lun, Cdb cdb, long bytes) {
    DeviceServer server = unit(lun);
    return server == null ? cdb : cdb.withDataOut(bytes, server.blockSize());
  }

  /**
   * Carries out a command that passed {@link #check}. What it changes may be acknowledged as the
   * outcome says. The data must not change before {@link #settle} or {@link #flush} has returned,
   * called by the same thread.
   *
   * @param dataOut what came with the command: all of {@link #dataOutBytes}
   * @throws IOException only from {@code dataIn}
   */
  public Outcome execute(Nexus nexus, long lun, Cdb cdb, ByteBuffer dataOut, DataIn dataIn)
      throws IOException {
    DeviceServer server = unit(lun);
    if (server != null && cdb instanceof Cdb.RequestSense request) {
      Sense attention = nexus.take();
      return UnitInformation.requestSense(
          request, attention == null ? Sense.NO_SENSE : attention, dataIn);
    }
    return server == null ? absent(cdb, dataIn) : server.execute(nexus, cdb, dataOut, dataIn);
  }

  /** The commands that an absent logical unit answers, SPC-4 sections 6.6.1, 6.33 and 6.39. */
  private static Outcome absent(Cdb cdb, DataIn dataIn) throws IOException {
    return switch (cdb) {
      case Cdb.Inquiry inquiry -> {
        if (inquiry.evpd() || inquiry.page() != 0) {
          yield new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB);
        }
        ByteBuffer reply = ByteBuffer.allocate(256);
        InquiryPages.putStandard(reply, false, false);
        yield UnitInformation.finish(null, reply, inquiry.allocationLength(), dataIn);
      }
      case Cdb.ReportLuns luns -> UnitInformation.reportLuns(luns, dataIn);
      case Cdb.RequestSense request ->
          UnitInformation.requestSense(request, Sense.LOGICAL_UNIT_NOT_SUPPORTED, dataIn);
      default -> new Outcome.CheckCondition(Sense.LOGICAL_UNIT_NOT_SUPPORTED);
    };
  }

  /** Settles what this thread has changed; returns why it may not be acknowledged, or null. */
  public @Nullable Sense settle() {
    return unit.settle(false);
  }

  /**
   * Settles, and brings everything acknowledged to stable storage; returns why that failed, or
   * null.
   */
  public @Nullable Sense flush() {
    return unit.settle(true);
  }
}
