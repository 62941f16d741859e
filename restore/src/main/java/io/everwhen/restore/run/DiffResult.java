package io.everwhen.restore.run;

/**
 * What was found between two instants.
 *
 * @param extents that differ
 * @param bytes in them
 * @param unknownExtents of which damage hides whether they differ
 * @param unknownBytes in them
 */
public record DiffResult(long extents, long bytes, long unknownExtents, long unknownBytes) {}
