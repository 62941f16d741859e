package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.Cdb;

/**
 * A SCSI command under way.
 *
 * @param tag Initiator Task Tag
 * @param cdb what is to be carried out
 * @param expectedBytes Expected Data Transfer Length
 * @param neededBytes how much the CDB names to be sent by the initiator, for the residual
 * @param reads whether the initiator takes data back
 */
record Task(int tag, long lun, Cdb cdb, long expectedBytes, long neededBytes, boolean reads) {}
