package io.everwhen.journal.payload;

import java.nio.ByteBuffer;

/**
 * The content of a write as it is stored.
 *
 * @param stored in a buffer of the {@link PayloadEncoder}, to which it is released
 * @param encoding how, as in an entry's header
 */
public record EncodedPayload(ByteBuffer stored, int encoding) {}
