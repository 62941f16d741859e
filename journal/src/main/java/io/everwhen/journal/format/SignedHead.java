package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The end of the chain of seals, signed: who trusts the key can tell that no entry up to there was
 * changed, removed or added since. Text in UTF-8, lines end with LF.
 *
 * <pre>
 * everwhen-head 1
 * group UUID
 * segment NUMBER seal HEX
 * sequence NUMBER time NANOS
 * signed NANOS
 * key HEX
 * signature HEX
 * </pre>
 *
 * @param group the group's identity
 * @param segment the last sealed segment
 * @param seal of that segment, in hexadecimal
 * @param sequence of the last entry in it
 * @param timeNanos that entry's stamp
 * @param signedNanos what the wall clock showed when it was signed
 * @param key the Ed25519 public key (RFC 8410, DER) in hexadecimal
 * @param signature by it (RFC 8032) of all the lines before, in hexadecimal
 */
public record SignedHead(
    UUID group,
    long segment,
    String seal,
    long sequence,
    long timeNanos,
    long signedNanos,
    String key,
    String signature) {

  private static final Pattern TEXT =
      Pattern.compile(
          """
          everwhen-head 1
          group ([0-9a-f-]{36})
          segment ([0-9]{1,18}) seal ([0-9a-f]{64})
          sequence ([0-9]{1,18}) time (-?[0-9]{1,19})
          signed (-?[0-9]{1,19})
          key ((?:[0-9a-f]{2}){1,128})
          signature ((?:[0-9a-f]{2}){1,128})
          """);

  /** Signs with a private key. */
  @FunctionalInterface
  public interface Signer {
    /** The signature of a text. */
    byte[] sign(byte[] text) throws GeneralSecurityException;
  }

  /** Signs the head of a group. */
  public static SignedHead sign(
      UUID group,
      long segment,
      String seal,
      long sequence,
      long timeNanos,
      long signedNanos,
      byte[] publicKey,
      Signer signer)
      throws GeneralSecurityException {
    SignedHead unsigned =
        new SignedHead(
            group,
            segment,
            seal,
            sequence,
            timeNanos,
            signedNanos,
            HexFormat.of().formatHex(publicKey),
            "");
    return new SignedHead(
        group,
        segment,
        seal,
        sequence,
        timeNanos,
        signedNanos,
        unsigned.key,
        HexFormat.of().formatHex(signer.sign(unsigned.signedText())));
  }

  private byte[] signedText() {
    return """
    everwhen-head 1
    group %s
    segment %d seal %s
    sequence %d time %d
    signed %d
    key %s
    """
        .formatted(group, segment, seal, sequence, timeNanos, signedNanos, key)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The file. */
  public ByteBuffer encode() {
    byte[] text = signedText();
    byte[] last = ("signature " + signature + "\n").getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(text.length + last.length).put(text).put(last).flip();
  }

  /**
   * Reads a file; does not check the signature.
   *
   * @param name of the file, for messages
   */
  public static SignedHead decode(ByteBuffer file, String name) throws FormatException {
    Matcher matcher = TEXT.matcher(StandardCharsets.UTF_8.decode(file.duplicate()));
    try {
      if (!matcher.matches()) {
        throw new FormatException(name + " is no signed head of version 1, or it is damaged");
      }
      return new SignedHead(
          UUID.fromString(matcher.group(1)),
          Long.parseLong(matcher.group(2)),
          matcher.group(3),
          Long.parseLong(matcher.group(4)),
          Long.parseLong(matcher.group(5)),
          Long.parseLong(matcher.group(6)),
          matcher.group(7),
          matcher.group(8));
    } catch (IllegalArgumentException e) {
      throw new FormatException(name + " is damaged: " + e.getMessage());
    }
  }

  /** Whether the signature is the one that the private key to {@link #key} makes. */
  public boolean isSigned() {
    return isSigned(HexFormat.of().parseHex(key), signedText(), HexFormat.of().parseHex(signature));
  }

  /** Whether a signature of a text is the one that the private key to a public key makes. */
  public static boolean isSigned(byte[] publicKey, byte[] text, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(
          KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(publicKey)));
      verifier.update(text);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** By what people compare keys: {@link #fingerprint(byte[])}. */
  public String fingerprint() {
    return HexFormat.of().formatHex(SegmentIndex.sha256().digest(HexFormat.of().parseHex(key)));
  }

  /** SHA-256 of a public key (DER), in hexadecimal. */
  public static String fingerprint(byte[] publicKey) {
    return HexFormat.of().formatHex(SegmentIndex.sha256().digest(publicKey));
  }
}
