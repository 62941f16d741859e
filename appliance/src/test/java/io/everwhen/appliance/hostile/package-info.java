/** Clients that mean harm, the packaged daemon that they attack, and the neighbour beside them. */
@NullMarked
package io.everwhen.appliance.hostile;

import org.jspecify.annotations.NullMarked;
