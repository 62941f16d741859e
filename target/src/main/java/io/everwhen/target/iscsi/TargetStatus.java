package io.everwhen.target.iscsi;

import java.util.List;

/**
 * How a target is used.
 *
 * @param name iSCSI name of the target
 * @param sessions who is logged in now
 * @param commands SCSI commands since the target was added
 * @param bytesRead bytes returned by them
 * @param bytesWritten bytes sent with them
 */
public record TargetStatus(
    String name, List<SessionStatus> sessions, long commands, long bytesRead, long bytesWritten) {}
