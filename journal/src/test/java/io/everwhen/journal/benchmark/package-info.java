/**
 * What the journal costs, measured with JMH beside what the same bytes cost without it.
 *
 * <p>{@link io.everwhen.journal.benchmark.Benchmarks} runs all of them and prints the table of
 * docs/PERFORMANCE.md.
 */
@NullMarked
package io.everwhen.journal.benchmark;

import org.jspecify.annotations.NullMarked;
