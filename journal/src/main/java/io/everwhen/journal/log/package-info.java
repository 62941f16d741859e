/**
 * The journal itself: appending, syncing, sealing, recovering and walking through entries.
 *
 * <p>{@link Journal} is the writer's side and the whole of it: one per group, held under a lock
 * file. {@link Cursor} and {@link JournalFiles} also serve readers, in this or another process,
 * which never change anything. Uses {@code io} and {@code format}; {@code image}, {@code history}
 * and the group on top of them use it.
 */
@NullMarked
package io.everwhen.journal.log;

import org.jspecify.annotations.NullMarked;
