/**
 * A group of disks that share one journal and one timeline, put together and kept in order.
 *
 * <p>{@link Group} is what the appliance holds: volumes on top, {@code image}, {@code log} and
 * {@code history} below. {@code Maintenance} keeps it in order, {@code ImageKeeper} lets the images
 * catch up, {@code SegmentKeeper} has files ready for what comes, {@code HistoryKeeper} gives up
 * what is too old or too much, {@code Rewinder} lets a disk become its past, {@code PinKeeper}
 * holds instants, {@code Adoption} begins a disk with content, and {@code Branch} one with
 * another's past. {@code Unprotected} goes on without a journal that has no room.
 */
@NullMarked
package io.everwhen.journal;

import org.jspecify.annotations.NullMarked;
