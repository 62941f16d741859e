/**
 * SCSI: from command descriptor blocks to changes and data of a disk (SPC-4, SBC-3), and to sense
 * when it cannot be.
 *
 * <p>Uses {@code target.block} and nothing of networks. A transport opens {@link LogicalUnits} for
 * each session, asks it for the {@link Nexus} that a LUN leads to, hands that a decoded {@link
 * Cdb}, the data that came with it and a {@link DataIn} for what goes back, and gets an {@link
 * Outcome}. Behind a nexus is a {@link LogicalUnit}, which many sessions may share; its {@code
 * DeviceServer} gives each command to the class that carries it out. {@code target.iscsi} uses it.
 * Opcodes end here.
 */
@NullMarked
package io.everwhen.target.scsi;

import org.jspecify.annotations.NullMarked;
