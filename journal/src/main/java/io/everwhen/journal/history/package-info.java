/**
 * What can be asked for: the baseline, every segment behind it, and any instant between.
 *
 * <p>{@link History} opens a journal directory for reading, in the process that writes it or in any
 * other, and {@link PastView} reads a disk as of one entry; {@link Rewinds} says which entries
 * count for it after a rewind, and {@link RecordedExtents} where a disk was changed. A branch
 * begins in the past of another group: {@link OriginView}. As history gets older, {@link Thinner}
 * leaves only what the instants need that a {@link Retention} keeps, and {@link Folder} moves its
 * beginning forward. Uses {@code log}; the restore module and the group use it.
 */
@NullMarked
package io.everwhen.journal.history;

import org.jspecify.annotations.NullMarked;
