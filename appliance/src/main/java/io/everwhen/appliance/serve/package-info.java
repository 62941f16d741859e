/**
 * The daemon: disks opened, targets served, management answered, and all of it stopped in order.
 *
 * <p>{@link Appliance} puts the house together; {@link AdminServer} is what the other commands talk
 * to. Uses {@code appliance.store} and the target; the command line starts it.
 */
@NullMarked
package io.everwhen.appliance.serve;

import org.jspecify.annotations.NullMarked;
