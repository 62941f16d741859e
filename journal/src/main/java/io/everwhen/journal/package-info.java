/**
 * A group of disks that share one journal and one timeline, put together and kept in order.
 *
 * <p>{@link Group} is what the appliance holds: volumes on top, {@code image}, {@code log} and
 * {@code history} below. It is the only class here that knows all three.
 */
@NullMarked
package io.everwhen.journal;

import org.jspecify.annotations.NullMarked;
