package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.Cdb;
import io.everwhen.target.scsi.Nexus;

/**
 * A SCSI command under way.
 *
 * @param tag Initiator Task Tag
 * @param lun the LUN field
 * @param nexus what the LUN led to when the command came
 * @param aborts how often the nexus had its tasks aborted by then
 * @param cdb what is to be carried out
 * @param expectedBytes Expected Data Transfer Length
 * @param neededBytes how much the CDB names to be sent by the initiator, for the residual
 * @param reads whether the initiator takes data back
 */
record Task(
    int tag,
    long lun,
    Nexus nexus,
    int aborts,
    Cdb cdb,
    long expectedBytes,
    long neededBytes,
    boolean reads) {

  /** Whether it was aborted by what happened to its logical unit. */
  boolean aborted() {
    return aborts != nexus.aborts();
  }
}
