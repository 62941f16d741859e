/**
 * The command line: what can be typed, what it means, and what is said when it fails.
 *
 * <p>{@link Cli} turns arguments into a record of options, hands that to a {@link Command}, and
 * turns the outcome into an exit code and at most one line on the standard error. What the commands
 * do is not known here: the appliance hands in a {@link Commands}. May use {@code
 * appliance.config}, picocli (its programmatic model only) and Jackson's writer.
 */
@NullMarked
package io.everwhen.appliance.cli;

import org.jspecify.annotations.NullMarked;
