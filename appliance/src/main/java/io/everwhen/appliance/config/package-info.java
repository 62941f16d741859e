/**
 * What the appliance is told to do: where data and journal are, where it listens, which disks it
 * serves.
 *
 * <p>Values that check themselves ({@link ByteSize}, {@link DiskName}, {@link HostPort}, {@link
 * DiskConfig}) and the configuration that they make up. Reads files in {@link Config} only: the
 * configuration, and the secrets that it names. May use the JDK, Jackson's YAML parser, and of the
 * target {@code Geometry}, {@code LunMap}, {@code Access} and {@code Credentials}; used by the
 * command line and by whoever composes the appliance.
 */
@NullMarked
package io.everwhen.appliance.config;

import org.jspecify.annotations.NullMarked;
