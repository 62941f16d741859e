package io.everwhen.journal.history;

/**
 * Entries in the middle of a history that nobody can tell anything about: neither they nor the
 * index of their segment can be read.
 *
 * @param segment its number
 * @param fromSequence the first of them
 * @param what is wrong
 */
public record Hole(long segment, long fromSequence, String what) {}
