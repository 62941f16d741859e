package io.everwhen.restore.run;

/**
 * What was restored.
 *
 * @param bytes of the disk
 * @param writtenBytes of them that were written; to a file those that are not zeros, to a device
 *     all that may not be zeros, and in place those that were different
 * @param verified whether all of it was read back and compared
 */
public record RestoreResult(long bytes, long writtenBytes, boolean verified) {}
