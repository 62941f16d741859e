/**
 * The benchmark: Everwhen beside tgt on the same work, in turns, and beside what limits both. It
 * uses the target module's PDUs for an initiator that costs little, and the packaged daemon; {@code
 * BenchmarkIT} and {@code BenchmarkSmokeIT} run it.
 */
@NullMarked
package io.everwhen.appliance.benchmark;

import org.jspecify.annotations.NullMarked;
