/**
 * What the end-to-end tests stand on: the packaged daemon as a process, the command line in and out
 * of process, and initiators that are not ours (libiscsi in process, QEMU's tools outside).
 */
@NullMarked
package io.everwhen.appliance.testing;

import org.jspecify.annotations.NullMarked;
