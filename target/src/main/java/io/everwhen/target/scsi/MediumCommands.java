package io.everwhen.target.scsi;

import io.everwhen.target.block.BlockDevice;

/** START STOP UNIT, SBC-3 section 5.25, and PREVENT ALLOW MEDIUM REMOVAL, SPC-4 section 6.17. */
final class MediumCommands {

  private final BlockDevice disk;
  private final Medium medium;
  private final Nexuses nexuses;

  MediumCommands(BlockDevice disk, Medium medium, Nexuses nexuses) {
    this.disk = disk;
    this.medium = medium;
    this.nexuses = nexuses;
  }

  Outcome startStop(UnitNexus nexus, Cdb.StartStopUnit cdb) {
    // The disk is always started; only START_VALID, power condition 0, means anything here.
    if (cdb.powerCondition() != 0) {
      return new Outcome.CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    }
    if (disk.removable() && cdb.loadEject()) {
      boolean ejected = medium.ejected();
      boolean moved = cdb.start() ? medium.load() : medium.eject();
      if (!moved) {
        return new Outcome.CheckCondition(Sense.MEDIUM_REMOVAL_PREVENTED);
      }
      if (cdb.start() && ejected) {
        nexuses.raiseExcept(nexus, Sense.MEDIUM_MAY_HAVE_CHANGED);
      }
    }
    return Outcome.Done.GOOD_ONCE_FLUSHED;
  }

  Outcome preventRemoval(UnitNexus nexus, boolean prevent) {
    if (prevent) {
      medium.prevent(nexus);
    } else {
      medium.allow(nexus);
    }
    return Outcome.Done.GOOD;
  }
}
