package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;
import java.nio.ByteBuffer;

/** MODE SELECT, SPC-4 section 6.11. */
final class ModeCommands {

  private final BlockDevice disk;
  private final UnitMode mode;
  private final Nexuses nexuses;

  ModeCommands(BlockDevice disk, UnitMode mode, Nexuses nexuses) {
    this.disk = disk;
    this.mode = mode;
    this.nexuses = nexuses;
  }

  /** Changes the mode parameters; everybody else who has a nexus is told. */
  Outcome select(UnitNexus nexus, Cdb.ModeSelect cdb, ByteBuffer list) {
    if (!list.hasRemaining()) {
      return Outcome.Done.GOOD;
    }
    // Selections one after the other: each builds on the parameters that the one before has left.
    synchronized (mode) {
      ModeSelectList parsed =
          ModeSelectList.parse(
              list, cdb.ten(), disk.geometry(), disk.writeThrough(), mode.parameters());
      return switch (parsed) {
        case ModeSelectList.Refused refused -> new Outcome.CheckCondition(refused.sense());
        case ModeSelectList.Accepted accepted -> {
          if (mode.parameters(accepted.parameters())) {
            nexuses.raiseExcept(nexus, Sense.MODE_PARAMETERS_CHANGED);
          }
          yield Outcome.Done.GOOD;
        }
      };
    }
  }
}
