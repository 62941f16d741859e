package io.everwhen.restore.plan;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History.Point;
import org.jspecify.annotations.Nullable;

/**
 * What to restore: the disk as it was right after one entry.
 *
 * @param disk which one
 * @param requested the instant as it was asked for
 * @param point the last entry that belongs to it, and that entry's time
 * @param sizeBytes how large the disk was then
 * @param nextKept where history was thinned, the next instant that can be asked for; null where
 *     every one can
 * @param segments how many segments of the journal it may need, beside the baseline
 */
public record RestorePlan(
    Manifest.Disk disk,
    Instant requested,
    Point point,
    @Nullable Point nextKept,
    long sizeBytes,
    int segments) {}
