package io.everwhen.journal;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;

/** The key of the first test in RFC 8032, section 7.1. */
final class TestKey implements HeadSigner {

  private static final String PRIVATE =
      "302e020100300506032b657004220420"
          + "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  private static final String PUBLIC =
      "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

  @Override
  public byte[] publicKey() {
    return HexFormat.of().parseHex(PUBLIC);
  }

  @Override
  public byte[] sign(byte[] text) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("Ed25519");
    signature.initSign(
        KeyFactory.getInstance("Ed25519")
            .generatePrivate(new PKCS8EncodedKeySpec(HexFormat.of().parseHex(PRIVATE))));
    signature.update(text);
    return signature.sign();
  }
}
