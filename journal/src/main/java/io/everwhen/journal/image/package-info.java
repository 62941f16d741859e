/**
 * The live disk: its image, and the newer blocks that are only in the journal yet.
 *
 * <p>A {@link Volume} answers reads from the {@link BlockMap} first and the {@link Image} second,
 * and puts changes into the journal. The {@link Applier} carries them into the image later, only
 * when they are durable, and only the newest content of each block. After a rewind a {@link
 * Backfill} stands before both. Uses {@code log}; the group on top puts it together.
 */
@NullMarked
package io.everwhen.journal.image;

import org.jspecify.annotations.NullMarked;
