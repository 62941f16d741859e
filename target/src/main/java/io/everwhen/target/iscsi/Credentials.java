package io.everwhen.target.iscsi;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * By what CHAP makes sure who is there, RFC 7143 section 12.1.3.
 *
 * @param initiator what an initiator has to prove that it knows
 * @param target what the target proves in return to an initiator that asks, or null if it cannot
 */
public record Credentials(Account initiator, @Nullable Account target) {

  /**
   * A name and its secret.
   *
   * @param user 1 to {@value #USER_BYTES_MAX} bytes
   */
  public record Account(String user, Secret secret) {

    /** Longest name, RFC 7143 section 6.1: the longest text value. */
    public static final int USER_BYTES_MAX = 255;

    public Account {
      if (user.isEmpty() || user.getBytes(UTF_8).length > USER_BYTES_MAX) {
        throw new IllegalArgumentException(
            "a CHAP user's name has 1 to " + USER_BYTES_MAX + " bytes");
      }
      if (user.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("a CHAP user's name cannot contain NUL");
      }
    }
  }

  public Credentials {
    if (target != null && target.secret().equals(initiator.secret())) {
      throw new IllegalArgumentException(
          "the secrets of the two directions are the same; an answer of one side would then do"
              + " for the other. Choose two");
    }
  }

  /** For initiators that prove who they are, and ask nothing in return. */
  public static Credentials oneWay(String user, Secret secret) {
    return new Credentials(new Account(user, secret), null);
  }
}
