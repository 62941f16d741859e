package io.everwhen.restore.run;

/**
 * What was restored.
 *
 * @param bytes of the disk
 * @param dataBytes of them that were written; the rest is zeros
 */
public record RestoreResult(long bytes, long dataBytes) {}
