package io.everwhen.restore.stamp;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Message digests that every Java runtime has. */
public final class Digests {

  private Digests() {}

  /** The digest of a text by an algorithm of the SHA-2 family, such as {@code SHA-256}. */
  public static byte[] of(String algorithm, byte[] text) {
    try {
      return MessageDigest.getInstance(algorithm).digest(text);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
