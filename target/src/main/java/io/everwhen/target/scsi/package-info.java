/**
 * SCSI: from command descriptor blocks to changes and data of a disk (SPC-4, SBC-3), and to sense
 * when it cannot be.
 *
 * <p>Uses {@code target.block} and nothing of networks: a transport hands in a decoded {@link Cdb},
 * the data that came with it and a {@link DataIn} for what goes back, and gets an {@link Outcome}.
 * {@code target.iscsi} uses it. Opcodes end here.
 */
@NullMarked
package io.everwhen.target.scsi;

import org.jspecify.annotations.NullMarked;
