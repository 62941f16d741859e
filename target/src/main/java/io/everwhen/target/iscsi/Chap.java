package io.everwhen.target.iscsi;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.everwhen.target.pdu.TextKeys.Pair;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The target's side of one CHAP exchange, RFC 7143 section 12.1 and RFC 1994: texts in, texts out.
 *
 * <pre>
 * initiator                            target
 * CHAP_A=7,5                      ──▶
 *                                 ◀──  CHAP_A=7 CHAP_I=… CHAP_C=…
 * CHAP_N=… CHAP_R=…               ──▶
 *   and, to ask for proof in turn,
 *   CHAP_I=… CHAP_C=…
 *                                 ◀──  CHAP_N=… CHAP_R=…
 * </pre>
 *
 * A user that does not exist and a wrong secret are told apart neither by the answer nor by the
 * time it takes.
 */
final class Chap {

  private static final String ALGORITHM = "CHAP_A";
  private static final String IDENTIFIER = "CHAP_I";
  private static final String CHALLENGE = "CHAP_C";
  private static final String NAME = "CHAP_N";
  private static final String RESPONSE = "CHAP_R";

  private static final int CHALLENGE_BYTES = 16;
  private static final int BINARY_BYTES_MAX = 1024;
  private static final int BYTE_MAX = 0xff;

  /** By the numbers that RFC 7143 section 12.1.4 and IANA give them. */
  private static final Map<String, String> ALGORITHMS =
      Map.of("5", "MD5", "6", "SHA-1", "7", "SHA-256", "8", "SHA3-256");

  /** What a text leads to. */
  sealed interface Answer {

    /** The exchange goes on. */
    record Challenge(List<Pair> keys) implements Answer {}

    /** The initiator has proved itself. */
    record Passed(List<Pair> keys) implements Answer {}

    /** It has not, and gets no second try on this connection. */
    record Failed(String reason) implements Answer {}
  }

  private final Credentials credentials;
  private final RandomGenerator random;

  private @Nullable MessageDigest digest;
  private int identifier;
  private byte[] challenge = {};
  private boolean ended;

  /**
   * @param random gives identifiers and challenges; one that nobody can foresee
   */
  Chap(Credentials credentials, RandomGenerator random) {
    this.credentials = credentials;
    this.random = random;
  }

  /** Takes the keys of the next request that has any. */
  Answer step(Map<String, String> keys) {
    if (ended) {
      return new Answer.Failed("CHAP keys after the end of the exchange");
    }
    MessageDigest agreed = digest;
    if (agreed == null) {
      return challenge(keys);
    }
    ended = true;
    return verify(keys, agreed);
  }

  private Answer challenge(Map<String, String> keys) {
    String offered = keys.get(ALGORITHM);
    if (offered == null || keys.size() > 1) {
      return new Answer.Failed("CHAP has to begin with CHAP_A alone");
    }
    for (String number : offered.split(",", -1)) {
      String algorithm = ALGORITHMS.get(number);
      if (algorithm != null) {
        digest = digest(algorithm);
        identifier = random.nextInt(BYTE_MAX + 1);
        challenge = new byte[CHALLENGE_BYTES];
        random.nextBytes(challenge);
        return new Answer.Challenge(
            List.of(
                new Pair(ALGORITHM, number),
                new Pair(IDENTIFIER, Integer.toString(identifier)),
                new Pair(CHALLENGE, text(challenge))));
      }
    }
    return new Answer.Failed("none of the CHAP algorithms that it offers is one of ours");
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no " + algorithm, e);
    }
  }

  private Answer verify(Map<String, String> keys, MessageDigest agreed) {
    String user = keys.get(NAME);
    byte @Nullable [] response = binary(keys.get(RESPONSE));
    if (user == null || response == null) {
      return new Answer.Failed("no valid CHAP_N and CHAP_R in answer to the challenge");
    }
    Credentials.Account expected = credentials.initiator();
    byte[] proof = response(agreed, identifier, expected.secret(), challenge);
    boolean known = MessageDigest.isEqual(user.getBytes(UTF_8), expected.user().getBytes(UTF_8));
    boolean proven = MessageDigest.isEqual(response, proof);
    if (!(known && proven)) {
      return new Answer.Failed("wrong CHAP user or secret");
    }
    return keys.containsKey(IDENTIFIER) || keys.containsKey(CHALLENGE)
        ? proveOurselves(keys, agreed)
        : new Answer.Passed(List.of());
  }

  private Answer proveOurselves(Map<String, String> keys, MessageDigest agreed) {
    Credentials.Account own = credentials.target();
    if (own == null) {
      return new Answer.Failed("it asks the target for proof, and there is no mutual secret");
    }
    int asked = Negotiation.number(keys.getOrDefault(IDENTIFIER, ""), 0, BYTE_MAX);
    byte @Nullable [] theirs = binary(keys.get(CHALLENGE));
    if (asked < 0 || theirs == null || theirs.length == 0) {
      return new Answer.Failed("no valid CHAP_I and CHAP_C");
    }
    if (MessageDigest.isEqual(theirs, challenge)) {
      return new Answer.Failed("it sends our own challenge back");
    }
    byte[] proof = response(agreed, asked, own.secret(), theirs);
    return new Answer.Passed(List.of(new Pair(NAME, own.user()), new Pair(RESPONSE, text(proof))));
  }

  /** The response of RFC 1994 section 4.1: a hash of identifier, secret and challenge. */
  static byte[] response(MessageDigest digest, int identifier, Secret secret, byte[] challenge) {
    digest.reset();
    digest.update((byte) identifier);
    secret.addTo(digest);
    return digest.digest(challenge);
  }

  private static String text(byte[] binary) {
    return "0x" + HexFormat.of().formatHex(binary);
  }

  /** A binary value in hexadecimal or Base64, RFC 7143 section 6.1; null if it is none. */
  private static byte @Nullable [] binary(@Nullable String value) {
    if (value == null || value.length() < 2 || value.length() > 2 + 2 * BINARY_BYTES_MAX) {
      return null;
    }
    String digits = value.substring(2);
    try {
      byte[] bytes =
          switch (value.substring(0, 2)) {
            case "0x", "0X" -> HexFormat.of().parseHex(digits);
            case "0b", "0B" -> Base64.getDecoder().decode(digits);
            default -> throw new IllegalArgumentException("no binary value");
          };
      return bytes.length > BINARY_BYTES_MAX ? null : bytes;
    } catch (IllegalArgumentException _) {
      return null;
    }
  }
}
