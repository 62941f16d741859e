package io.everwhen.target.iscsi;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;

/**
 * What two sides of a CHAP exchange know, and nobody else. It prints as {@code (secret)}, so that
 * it appears in no log. Immutable.
 */
public final class Secret {

  /** Shortest secret, 96 bits: below it RFC 7143 section 12.1.3 asks for IPsec. */
  public static final int BYTES_MIN = 12;

  /** Longest secret: the longest text value that every initiator takes. */
  public static final int BYTES_MAX = 255;

  private final byte[] bytes;

  private Secret(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * The secret that is written as {@code text}.
   *
   * @throws IllegalArgumentException if it is too short or too long; the message does not show it
   */
  public static Secret of(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    if (bytes.length < BYTES_MIN || bytes.length > BYTES_MAX) {
      throw new IllegalArgumentException(
          "a secret has "
              + BYTES_MIN
              + " to "
              + BYTES_MAX
              + " bytes; this one has "
              + bytes.length);
    }
    return new Secret(bytes);
  }

  void addTo(MessageDigest digest) {
    digest.update(bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && MessageDigest.isEqual(bytes, secret.bytes);
  }

  /** The same for all: a hash would tell something of the secret. */
  @Override
  public int hashCode() {
    return 0;
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
