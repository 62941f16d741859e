/**
 * The network: journals shipped to a log server, and history read back from there.
 *
 * <p>Nothing is here yet; README lists it among the limits. It will use {@code log} and {@code
 * history}, and the appliance will use it.
 */
@NullMarked
package io.everwhen.journal.remote;

import org.jspecify.annotations.NullMarked;
