package io.everwhen.journal.image;

/**
 * A range of a disk that is alike: it may hold data, or it reads as zeros and takes no space.
 *
 * @param length in bytes, at least 1
 * @param mapped whether it may hold data
 */
public record Run(long length, boolean mapped) {}
