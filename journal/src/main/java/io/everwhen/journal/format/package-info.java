/**
 * What the bytes of a journal mean: segments, entries, indexes, the manifest, the image's
 * checkpoint.
 *
 * <p>Encoding, decoding and checking only; no file is opened and nothing is decided here. The
 * written form of this package is {@code docs/JOURNAL_FORMAT.md}; the golden files in the tests
 * hold it to that. All numbers are little-endian. May use the JDK only; {@code log}, {@code image}
 * and {@code history} use it.
 */
@NullMarked
package io.everwhen.journal.format;

import org.jspecify.annotations.NullMarked;
