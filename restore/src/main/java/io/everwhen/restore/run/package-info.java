/**
 * Carries out plans: restores, exports and compares disks, searches their past, and verifies
 * histories.
 *
 * <p>Reads through {@code journal.history} and writes through {@code journal.io}. The command line
 * uses it.
 */
@NullMarked
package io.everwhen.restore.run;

import org.jspecify.annotations.NullMarked;
