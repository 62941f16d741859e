package io.everwhen.target.scsi;

/**
 * An I_T nexus as persistent reservations know it, SPC-4 section 5.13: by names that outlive it.
 *
 * @param port the initiator port's name
 * @param targetPort relative target port identifier
 */
record Registrant(String port, int targetPort) {}
