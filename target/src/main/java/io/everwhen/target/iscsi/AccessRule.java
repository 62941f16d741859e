package io.everwhen.target.iscsi;

import io.everwhen.target.scsi.LunMap;

/**
 * Whom a target admits, and what those see.
 *
 * @param access whom the rule is for, and what they have to prove
 * @param luns the disks that they see there, which may be none
 */
public record AccessRule(Access access, LunMap luns) {}
