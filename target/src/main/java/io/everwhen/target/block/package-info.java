/**
 * What a disk is: blocks that can be read, written, zeroed and made durable, and its geometry.
 *
 * <p>No SCSI here, and nothing of networks. {@code target.scsi} serves a {@link BlockDevice};
 * whoever owns the bytes (the appliance, a test) implements it. May use the JDK only.
 */
@NullMarked
package io.everwhen.target.block;

import org.jspecify.annotations.NullMarked;
