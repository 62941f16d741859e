/**
 * Files: the only code of Everwhen that opens, reads, writes, syncs, renames or locks them.
 *
 * <p>A {@link Storage} is one flat directory, a {@link StorageFile} one file of it. {@link
 * DiskStorage} is the real one, {@link MemoryStorage} lives in RAM, and the tests' simulated
 * storage crashes and fails on demand: this port is the one place where faults are injected. Knows
 * nothing of what the bytes mean; everything above in this module uses it.
 */
@NullMarked
package io.everwhen.journal.io;

import org.jspecify.annotations.NullMarked;
