package io.everwhen.appliance.store;

import io.everwhen.journal.HeadSigner;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.io.DiskStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The appliance's Ed25519 key, with which it signs the heads of its journals.
 *
 * <p>{@code signing.key} holds the private key (PKCS #8) and the public key (RFC 8410), in PEM;
 * {@code signing.pub} the public key alone, to be copied to where journals are verified.
 */
public final class SigningKey implements HeadSigner {

  private static final String FILE = "signing.key";
  private static final String PUBLIC_FILE = "signing.pub";
  private static final String ALGORITHM = "Ed25519";
  private static final int PEM_LINE = 64;

  private final PrivateKey privateKey;
  private final byte[] publicKey;

  private SigningKey(PrivateKey privateKey, byte[] publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** The key in a data directory; made, durably, when there is none. */
  static SigningKey in(DiskStorage data) throws IOException {
    try {
      SigningKey key;
      try {
        key = parse(data.readText(FILE));
      } catch (NoSuchFileException e) {
        key = make(data);
      }
      String pem = pem("PUBLIC KEY", key.publicKey);
      if (!data.exists(PUBLIC_FILE) || !data.readText(PUBLIC_FILE).equals(pem)) {
        data.replaceText(PUBLIC_FILE, pem);
      }
      return key;
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(
          "%s/%s is not the signing key that was made there: %s. Bring it back from a copy, or remove it to begin with another key"
              .formatted(data.describe(), FILE, e.getMessage()),
          e);
    }
  }

  private static SigningKey make(DiskStorage data) throws IOException, GeneralSecurityException {
    KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
    data.replaceText(
        FILE,
        pem("PRIVATE KEY", pair.getPrivate().getEncoded())
            + pem("PUBLIC KEY", pair.getPublic().getEncoded()));
    return new SigningKey(pair.getPrivate(), pair.getPublic().getEncoded());
  }

  private static SigningKey parse(String text) throws GeneralSecurityException {
    byte[] own = der("PRIVATE KEY", text);
    PrivateKey privateKey =
        KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(own));
    SigningKey key = new SigningKey(privateKey, der("PUBLIC KEY", text));
    Arrays.fill(own, (byte) 0);
    if (!SignedHead.isSigned(key.publicKey, key.publicKey, key.sign(key.publicKey))) {
      throw new GeneralSecurityException("its two keys do not belong together");
    }
    return key;
  }

  private static String pem(String what, byte[] der) {
    Base64.Encoder encoder = Base64.getMimeEncoder(PEM_LINE, new byte[] {'\n'});
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(what, encoder.encodeToString(der), what)
        .replace(System.lineSeparator(), "\n");
  }

  private static byte[] der(String what, String text) throws GeneralSecurityException {
    Matcher matcher =
        Pattern.compile(
                "-----BEGIN " + what + "-----([A-Za-z0-9+/=\\s]+)-----END " + what + "-----")
            .matcher(text);
    if (!matcher.find()) {
      throw new GeneralSecurityException("there is no " + what + " in it");
    }
    return Base64.getMimeDecoder().decode(matcher.group(1).getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * The fingerprint of the public key in a PEM file.
   *
   * @throws IllegalArgumentException when there is none in it
   */
  public static String fingerprintIn(String pem) {
    try {
      return SignedHead.fingerprint(der("PUBLIC KEY", pem));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** By what people compare keys: SHA-256 of the public key. */
  public String fingerprint() {
    return SignedHead.fingerprint(publicKey);
  }

  @Override
  public byte[] publicKey() {
    return publicKey.clone();
  }

  @Override
  public byte[] sign(byte[] text) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(ALGORITHM);
    signature.initSign(privateKey);
    signature.update(text);
    return signature.sign();
  }
}
