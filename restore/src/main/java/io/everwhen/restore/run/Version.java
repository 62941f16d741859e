package io.everwhen.restore.run;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.history.History.Point;
import org.jspecify.annotations.Nullable;

/**
 * One version of a range of blocks.
 *
 * @param sequence of the entry that made it
 * @param at the first instant that can be asked for and contains it
 * @param offset in bytes, where the whole extent of the entry begins on the disk
 * @param length in bytes, of the whole extent
 * @param entry what else the entry says of itself; null when it is damaged
 */
public record Version(
    long sequence, Point at, long offset, long length, @Nullable EntryHeader entry) {}
