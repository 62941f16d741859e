/**
 * Files of a disk's past, without mounting it: The Sleuth Kit reads a copy of the disk as of an
 * instant, and e2fsprogs replays an ext4 journal on it. No file system is understood here.
 *
 * <p>Runs programs, and uses {@code restore.run} for the copy; the command line uses it.
 */
@NullMarked
package io.everwhen.restore.files;

import org.jspecify.annotations.NullMarked;
