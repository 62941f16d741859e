package io.everwhen.restore.run;

import io.everwhen.journal.HeadSigner;
import io.everwhen.journal.format.SignedHead;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;

/** A fresh Ed25519 key. */
final class FreshKey implements HeadSigner {
  private final KeyPair pair;

  FreshKey() {
    try {
      pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public byte[] publicKey() {
    return pair.getPublic().getEncoded();
  }

  @Override
  public byte[] sign(byte[] text) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("Ed25519");
    signature.initSign(pair.getPrivate());
    signature.update(text);
    return signature.sign();
  }

  String fingerprint() {
    return SignedHead.fingerprint(publicKey());
  }
}
