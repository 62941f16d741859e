/**
 * The wire: iSCSI PDUs as bytes, their headers, lengths, text keys and digests (RFC 7143 sections
 * 11 and 13).
 *
 * <p>Knows what a PDU looks like and nothing of what it means. Works on any channel, so a test
 * needs no socket. May use the JDK only; {@code target.iscsi} uses it. No length found in a PDU is
 * used before it was checked against a limit.
 */
@NullMarked
package io.everwhen.target.pdu;

import org.jspecify.annotations.NullMarked;
