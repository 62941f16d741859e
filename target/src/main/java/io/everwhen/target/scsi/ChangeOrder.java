package io.everwhen.target.scsi;

import java.util.concurrent.locks.StampedLock;

/**
 * A command's place among those that change a logical unit: plain changes go on side by side,
 * commands that read, decide and then write go alone. Any thread may call it.
 */
final class ChangeOrder {

  /** The stamp of a command that changes nothing. */
  private static final long NONE = 0;

  private final StampedLock lock = new StampedLock();

  /** Takes the place of a command; returns a stamp to {@link #leave} it with. */
  long enter(Cdb cdb) {
    return switch (cdb) {
      case Cdb.Write _, Cdb.WriteAtomic _, Cdb.WriteSame _, Cdb.Unmap _, Cdb.Mark _ ->
          lock.readLock();
      case Cdb.CompareAndWrite _, Cdb.OrWrite _ -> lock.writeLock();
      // Once these have ended, no change goes on that they exclude.
      case Cdb.PopulateToken _,
          Cdb.FormatUnit _,
          Cdb.Sanitize _,
          Cdb.PersistentReserveOut _,
          Cdb.Reserve _,
          Cdb.Release _ ->
          lock.writeLock();
      // No default: a new command that changes data must not slip through unordered.
      case Cdb.Read _,
          Cdb.Verify _,
          Cdb.PreFetch _,
          Cdb.SynchronizeCache _,
          Cdb.GetLbaStatus _,
          Cdb.StartStopUnit _,
          Cdb.PreventAllowMediumRemoval _,
          Cdb.TestUnitReady _,
          Cdb.RequestSense _,
          Cdb.Inquiry _,
          Cdb.ModeSense _,
          Cdb.ModeSelect _,
          Cdb.ReportLuns _,
          Cdb.ReportOperationCodes _,
          Cdb.ReadDefectData _,
          Cdb.LogSense _,
          Cdb.ReadBuffer _,
          Cdb.WriteBuffer _,
          Cdb.ReportTargetPortGroups _,
          Cdb.ReportTaskManagementFunctions _,
          Cdb.ReadCapacity10 _,
          Cdb.ReadCapacity16 _,
          Cdb.PersistentReserveIn _,
          Cdb.ReceiveCopyResults _,
          Cdb.ReceiveRodTokenInformation _,
          // What it reads and writes takes its place by itself, wherever that is.
          Cdb.ExtendedCopy _,
          Cdb.WriteUsingToken _,
          Cdb.Unknown _,
          Cdb.Invalid _ ->
          NONE;
    };
  }

  void leave(long stamp) {
    if (stamp != NONE) {
      lock.unlock(stamp);
    }
  }
}
