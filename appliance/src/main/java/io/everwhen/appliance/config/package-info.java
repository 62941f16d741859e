/**
 * What the appliance is told to do: where data and journal are, where it listens, which disks it
 * serves.
 *
 * <p>Values that check themselves ({@link ByteSize}, {@link DiskName}, {@link HostPort}, {@link
 * DiskConfig}) and the configuration that they make up. Reads one file, in {@link Config#read}. May
 * use the JDK, Jackson's YAML parser and {@code target.block.Geometry}; used by the command line
 * and by whoever composes the appliance.
 */
@NullMarked
package io.everwhen.appliance.config;

import org.jspecify.annotations.NullMarked;
