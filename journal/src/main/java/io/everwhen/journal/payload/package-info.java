/**
 * How the content of a write is stored in an entry: as it is, compressed, encrypted, or both; and
 * the keys for that.
 *
 * <p>Encoding is done by the thread that writes, before its entry is staged; decoding by whoever
 * reads. Uses {@code format}; {@code log}, {@code image} and {@code history} use it.
 */
@NullMarked
package io.everwhen.journal.payload;

import org.jspecify.annotations.NullMarked;
