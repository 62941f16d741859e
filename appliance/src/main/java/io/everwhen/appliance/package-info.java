/**
 * The appliance: composes target, journal and restore into the program that is run.
 *
 * <p>{@link Everwhen} is where it starts. What can be typed is in {@code appliance.cli}, what can
 * be configured in {@code appliance.config}; here is what the commands do. May use every module;
 * nobody uses it.
 */
@NullMarked
package io.everwhen.appliance;

import org.jspecify.annotations.NullMarked;
