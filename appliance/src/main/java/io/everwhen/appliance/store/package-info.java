/**
 * Where the appliance keeps its disks: the data directory, and each disk's group on top of the
 * journal module.
 *
 * <p>{@link DataDirectory} knows the places, {@link OpenGroup} is a journal with its disks, {@link
 * JournaledDisk} lets the target serve a volume, and {@link PastDisk} one as it was. Uses {@code
 * appliance.config}, the journal's group, and the target's block port; {@code serve} and {@code
 * command} use it.
 */
@NullMarked
package io.everwhen.appliance.store;

import org.jspecify.annotations.NullMarked;
