/**
 * From what was asked to what is to be read: instants as people write them, and plans as data.
 *
 * <p>Decides, and does not do: {@code restore.run} carries out a {@link RestorePlan}. Uses {@code
 * journal.history}; the command line uses it.
 */
@NullMarked
package io.everwhen.restore.plan;

import org.jspecify.annotations.NullMarked;
