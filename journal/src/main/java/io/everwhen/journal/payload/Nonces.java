package io.everwhen.journal.payload;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/**
 * Nonces that are never used twice: 8 random bytes, drawn at each opening, and a counter of 4; when
 * that has come round, 8 other ones. Any thread.
 *
 * <p>Not the entry's sequence: after a crash that lost the end of the journal, sequences are given
 * out once more, to other content.
 */
final class Nonces {

  private final RandomGenerator random;
  private long prefix;
  private int counter;

  Nonces(RandomGenerator random) {
    this.random = random;
    this.prefix = random.nextLong();
  }

  synchronized byte[] next() {
    byte[] nonce = ByteBuffer.allocate(12).putLong(prefix).putInt(counter).array();
    counter++;
    if (counter == 0) {
      prefix = random.nextLong();
    }
    return nonce;
  }
}
