package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Gives each command of a logical unit to what carries it out. Any thread may call it. */
final class DeviceServer {

  private final Reservations reservations;
  private final Medium medium;
  private final UnitMode mode;
  private final LongOperation operation = new LongOperation();
  private final ChangeOrder order = new ChangeOrder();
  private final CdbCheck check;
  private final Transfers transfers;
  private final ReadModifyWrite readModifyWrite;
  private final Verification verification;
  private final Provisioning provisioning;
  private final Formatter formatter;
  private final Sanitizer sanitizer;
  private final TokenCommands tokenCommands;
  private final Marking marking;
  private final ReservationCommands reservationCommands;
  private final MediumCommands mediumCommands;
  private final ModeCommands modeCommands;
  private final UnitInformation information;

  DeviceServer(
      BlockDevice disk,
      RodTokens tokens,
      DiskIdentity identity,
      UnitOptions options,
      Nexuses nexuses,
      Reservations reservations,
      Medium medium,
      UnitMode mode) {
    this.reservations = reservations;
    this.medium = medium;
    this.mode = mode;
    check = new CdbCheck(disk, mode, options);
    transfers = new Transfers(disk);
    readModifyWrite = new ReadModifyWrite(disk, transfers);
    verification = new Verification(disk);
    provisioning = new Provisioning(disk);
    formatter = new Formatter(disk, operation);
    tokenCommands = new TokenCommands(disk, tokens);
    marking = new Marking(disk);
    sanitizer = new Sanitizer(disk, operation);
    reservationCommands = new ReservationCommands(reservations, nexuses);
    mediumCommands = new MediumCommands(disk, medium, nexuses);
    modeCommands = new ModeCommands(disk, mode, nexuses);
    information = new UnitInformation(disk, identity, options);
  }

  /** Ends what goes on in the background. No command comes any more. */
  void close() {
    operation.end();
  }

  /**
   * Checks what can be checked before any data moves.
   *
   * @return why the command fails, or null
   */
  @Nullable Sense check(Cdb cdb) {
    Sense busy = operation.keepsOut(cdb);
    if (busy != null) {
      return busy;
    }
    return medium.ejected() && Medium.isNeeded(cdb) ? Sense.MEDIUM_NOT_PRESENT : check.check(cdb);
  }

  /** Whether one of the unit's own designators is this one. */
  boolean isNamed(int designatorType, ByteBuffer designator) {
    return information.isNamed(designatorType, designator);
  }

  /**
   * Carries out a command that passed {@link #check}.
   *
   * @param dataOut what came with it: all of {@link Cdb#dataOutBytes}
   * @throws IOException only from {@code dataIn}
   */
  Outcome execute(UnitNexus nexus, Cdb cdb, ByteBuffer dataOut, DataIn dataIn) throws IOException {
    long place = order.enter(cdb);
    try {
      if (reservations.conflicts(nexus.registrant(), cdb)) {
        return Outcome.Done.RESERVATION_CONFLICT;
      }
      Sense busy = operation.keepsOut(cdb);
      return busy == null
          ? executeInOrder(nexus, cdb, dataOut, dataIn)
          : new Outcome.CheckCondition(busy);
    } finally {
      order.leave(place);
    }
  }

  private Outcome executeInOrder(UnitNexus nexus, Cdb cdb, ByteBuffer dataOut, DataIn dataIn)
      throws IOException {
    return switch (cdb) {
      case Cdb.Read read -> transfers.read(read, dataIn);
      case Cdb.Write write ->
          transfers.write(write.lba(), dataOut, write.forceUnitAccess() || write.verify());
      case Cdb.WriteAtomic atomic ->
          transfers.write(atomic.lba(), dataOut, atomic.forceUnitAccess());
      case Cdb.CompareAndWrite compare -> readModifyWrite.compareAndWrite(compare, dataOut);
      case Cdb.OrWrite or -> readModifyWrite.orWrite(or, dataOut);
      case Cdb.Verify verify -> verification.verify(verify, dataOut);
      case Cdb.WriteSame same -> provisioning.writeSame(same, dataOut);
      case Cdb.Unmap _ -> provisioning.unmap(dataOut);
      case Cdb.GetLbaStatus status -> provisioning.lbaStatus(status, dataIn);
      case Cdb.SynchronizeCache _ -> Outcome.Done.GOOD_ONCE_FLUSHED;
      case Cdb.StartStopUnit start -> mediumCommands.startStop(nexus, start);
      case Cdb.PreventAllowMediumRemoval prevent ->
          mediumCommands.preventRemoval(nexus, prevent.prevent());
      case Cdb.TestUnitReady _, Cdb.PreFetch _ -> Outcome.Done.GOOD;
      case Cdb.ModeSelect select -> modeCommands.select(nexus, select, dataOut);
      case Cdb.FormatUnit format -> formatter.format(format, dataOut);
      case Cdb.Sanitize sanitize -> sanitizer.sanitize(sanitize, dataOut);
      case Cdb.ExtendedCopy _ -> CopyManager.extendedCopy(nexus, dataOut);
      case Cdb.PopulateToken populate -> tokenCommands.populate(nexus, populate, dataOut);
      case Cdb.WriteUsingToken write -> tokenCommands.write(nexus, write, dataOut);
      case Cdb.Mark _ -> marking.mark(dataOut);
      case Cdb.ReceiveRodTokenInformation information ->
          nexus.tokenResults().report(information, dataIn);
      case Cdb.ReceiveCopyResults results -> nexus.copyResults().report(results, dataIn);
      case Cdb.PersistentReserveIn in -> reservationCommands.report(in, dataIn);
      case Cdb.PersistentReserveOut out -> reservationCommands.change(nexus, out, dataOut);
      case Cdb.Reserve _ -> reservationCommands.reserve(nexus);
      case Cdb.Release _ -> reservationCommands.release(nexus);
      case Cdb.ReportLuns luns -> nexus.session().reportLuns(luns, dataIn);
      case Cdb.RequestSense request -> requestSense(nexus, request, dataIn);
      case Cdb.ReadBuffer read -> nexus.readBuffer(read, dataIn);
      case Cdb.WriteBuffer write -> nexus.writeBuffer(write, dataOut);
      case Cdb.Inquiry _,
          Cdb.ModeSense _,
          Cdb.LogSense _,
          Cdb.ReportTargetPortGroups _,
          Cdb.ReportTaskManagementFunctions _,
          Cdb.ReportOperationCodes _,
          Cdb.ReadDefectData _,
          Cdb.ReadCapacity10 _,
          Cdb.ReadCapacity16 _ ->
          information.execute(cdb, mode.parameters(), nexus.session().ports(), dataIn);
      case Cdb.Unknown _ -> new Outcome.CheckCondition(Sense.INVALID_COMMAND_OPERATION_CODE);
      case Cdb.Invalid _ -> new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    };
  }

  /**
   * REQUEST SENSE tells of a unit attention, or of what goes on, in its data; SPC-4 section 6.39.
   */
  private Outcome requestSense(UnitNexus nexus, Cdb.RequestSense cdb, DataIn dataIn)
      throws IOException {
    Sense attention = nexus.take();
    Sense state = attention == null ? operation.state() : attention;
    return UnitInformation.requestSense(cdb, state == null ? Sense.NO_SENSE : state, dataIn);
  }
}
