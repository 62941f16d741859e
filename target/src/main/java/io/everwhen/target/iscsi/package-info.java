/**
 * iSCSI, RFC 7143: portals, login, sessions, and the way of commands and data between a socket and
 * a logical unit.
 *
 * <p>Uses {@code target.pdu} for the wire and {@code target.scsi} for what commands mean. The only
 * package that touches sockets and, in {@link SystemClock}, clocks. Whoever serves disks builds
 * {@link Targets} and a {@link Portal}. One thread a connection: it reads all that has come,
 * carries it out, and answers a whole burst at once.
 */
@NullMarked
package io.everwhen.target.iscsi;

import org.jspecify.annotations.NullMarked;
