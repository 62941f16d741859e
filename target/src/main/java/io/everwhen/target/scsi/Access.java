package io.everwhen.target.scsi;

/**
 * What a command does to a logical unit, as far as reservations of others go: SPC-4 table 66, SBC-3
 * table 11, and for RESERVE of SPC-2 its table 9.
 */
enum Access {
  /** Nothing that a reservation could be in the way of. */
  FREE,
  /** Nothing that a persistent reservation could be in the way of. */
  STATUS,
  /** Handles persistent reservations, which RESERVE of SPC-2 excludes. */
  PERSISTENT,
  READING,
  CHANGING;

  static Access of(Cdb cdb) {
    return switch (cdb) {
      case Cdb.Inquiry _,
          Cdb.ReportLuns _,
          Cdb.RequestSense _,
          Cdb.ReadCapacity10 _,
          Cdb.ReadCapacity16 _,
          Cdb.LogSense _,
          Cdb.ReportTargetPortGroups _,
          Cdb.Release _,
          Cdb.Unknown _,
          Cdb.Invalid _ ->
          FREE;
      case Cdb.TestUnitReady _, Cdb.Reserve _ -> STATUS;
      case Cdb.PersistentReserveIn _, Cdb.PersistentReserveOut _ -> PERSISTENT;
      case Cdb.Read _,
          Cdb.Verify _,
          Cdb.PreFetch _,
          Cdb.GetLbaStatus _,
          Cdb.ReceiveCopyResults _,
          Cdb.PopulateToken _,
          Cdb.ReceiveRodTokenInformation _,
          Cdb.ReadDefectData _,
          Cdb.ModeSense _,
          Cdb.ReadBuffer _,
          Cdb.ReportOperationCodes _,
          Cdb.ReportTaskManagementFunctions _ ->
          READING;
      case Cdb.PreventAllowMediumRemoval prevent -> prevent.prevent() ? CHANGING : FREE;
      case Cdb.Write _,
          Cdb.WriteAtomic _,
          Cdb.WriteSame _,
          Cdb.Unmap _,
          Cdb.CompareAndWrite _,
          Cdb.OrWrite _,
          Cdb.SynchronizeCache _,
          Cdb.ModeSelect _,
          Cdb.WriteBuffer _,
          Cdb.Sanitize _,
          Cdb.FormatUnit _,
          Cdb.ExtendedCopy _,
          Cdb.WriteUsingToken _,
          // Who may not write must not name instants of what others write either.
          Cdb.Mark _,
          Cdb.StartStopUnit _ ->
          CHANGING;
    };
  }
}
