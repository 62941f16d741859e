package io.everwhen.journal.payload;

import java.nio.charset.StandardCharsets;

/** What somebody has to know, or to have, to read an encrypted group. */
public sealed interface Secret {

  /** What it is, for messages to people. */
  String describe();

  /**
   * A passphrase.
   *
   * @param text at least 8 characters
   */
  record Passphrase(String text) implements Secret {
    private static final int LEAST_CHARACTERS = 8;

    public Passphrase {
      if (text.length() < LEAST_CHARACTERS) {
        throw new IllegalArgumentException(
            "a passphrase has %d characters at least".formatted(LEAST_CHARACTERS));
      }
    }

    byte[] bytes() {
      return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String describe() {
      return "passphrase";
    }

    @Override
    public String toString() {
      return "a passphrase";
    }
  }

  /** The content of a key file: 32 random bytes or more. */
  final class KeyFile implements Secret {
    private static final int LEAST_BYTES = 32;
    private static final int MOST_BYTES = 64 << 10;

    private final byte[] content;

    /**
     * The content of a key file.
     *
     * @throws IllegalArgumentException when it is too short to be one, or too long
     */
    public KeyFile(byte[] content) {
      if (content.length < LEAST_BYTES || content.length > MOST_BYTES) {
        throw new IllegalArgumentException(
            "a key file has %d to %d bytes, not %d; make one with `head -c 32 /dev/urandom`"
                .formatted(LEAST_BYTES, MOST_BYTES, content.length));
      }
      this.content = content.clone();
    }

    byte[] bytes() {
      return content.clone();
    }

    @Override
    public String describe() {
      return "key file";
    }

    @Override
    public String toString() {
      return "a key file";
    }
  }
}
