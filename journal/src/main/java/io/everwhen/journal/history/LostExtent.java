package io.everwhen.journal.history;

import io.everwhen.journal.format.Manifest;

/**
 * Content that cannot be read any more.
 *
 * @param disk that it was on
 * @param offset in bytes, where it was
 * @param length in bytes
 * @param sequence of the entry that recorded it; the horizon's, when it is in the baseline
 */
record LostExtent(Manifest.Disk disk, long offset, long length, long sequence) {}
