package io.everwhen.target.scsi;

import java.util.HashSet;
import java.util.Set;

/**
 * The medium of a removable unit: whether it is loaded, and who prevents its removal. SPC-4 section
 * 6.17, SBC-3 section 5.25. Any thread may call it.
 */
final class Medium {

  private final Set<UnitNexus> preventers = new HashSet<>();
  private volatile boolean ejected;

  /** Whether a command cannot be carried out while it is ejected. */
  static boolean isNeeded(Cdb cdb) {
    return switch (cdb) {
      case Cdb.Read _,
          Cdb.Write _,
          Cdb.WriteAtomic _,
          Cdb.CompareAndWrite _,
          Cdb.OrWrite _,
          Cdb.Verify _,
          Cdb.WriteSame _,
          Cdb.Unmap _,
          Cdb.PreFetch _,
          Cdb.SynchronizeCache _,
          Cdb.GetLbaStatus _,
          Cdb.ReadDefectData _,
          Cdb.ReadCapacity10 _,
          Cdb.ReadCapacity16 _,
          Cdb.Sanitize _,
          Cdb.PopulateToken _,
          Cdb.WriteUsingToken _,
          Cdb.Mark _,
          Cdb.FormatUnit _,
          Cdb.TestUnitReady _ ->
          true;
      case Cdb.StartStopUnit _,
          Cdb.PreventAllowMediumRemoval _,
          Cdb.RequestSense _,
          Cdb.Inquiry _,
          Cdb.ModeSense _,
          Cdb.ModeSelect _,
          Cdb.ReportLuns _,
          Cdb.ReportOperationCodes _,
          Cdb.ExtendedCopy _,
          Cdb.ReceiveCopyResults _,
          Cdb.ReceiveRodTokenInformation _,
          Cdb.LogSense _,
          Cdb.ReadBuffer _,
          Cdb.WriteBuffer _,
          Cdb.ReportTargetPortGroups _,
          Cdb.ReportTaskManagementFunctions _,
          Cdb.PersistentReserveIn _,
          Cdb.PersistentReserveOut _,
          Cdb.Reserve _,
          Cdb.Release _,
          Cdb.Unknown _,
          Cdb.Invalid _ ->
          false;
    };
  }

  boolean ejected() {
    return ejected;
  }

  /** Ejects it; returns false if its removal is prevented. */
  synchronized boolean eject() {
    ejected |= preventers.isEmpty();
    return ejected;
  }

  /** Loads it; returns false if it is not there and moving it is prevented. */
  synchronized boolean load() {
    ejected &= !preventers.isEmpty();
    return !ejected;
  }

  synchronized void prevent(UnitNexus nexus) {
    preventers.add(nexus);
  }

  /** The nexus allows removal again, or is gone. */
  synchronized void allow(UnitNexus nexus) {
    preventers.remove(nexus);
  }

  /** The unit was reset: everybody allows removal. */
  synchronized void reset() {
    preventers.clear();
  }
}
