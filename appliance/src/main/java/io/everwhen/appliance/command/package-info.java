/**
 * What the commands beside {@code serve} do: ask the daemon, or read a history, whether or not it
 * is being written.
 *
 * <p>Uses {@code appliance.store}, {@code appliance.serve} for the daemon's whereabouts, and the
 * restore module; the command line runs them.
 */
@NullMarked
package io.everwhen.appliance.command;

import org.jspecify.annotations.NullMarked;
