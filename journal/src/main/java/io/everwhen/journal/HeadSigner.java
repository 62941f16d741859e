package io.everwhen.journal;

import io.everwhen.journal.format.SignedHead;
import java.security.GeneralSecurityException;

/** An Ed25519 key that signs the heads of journals. Any thread. */
public interface HeadSigner extends SignedHead.Signer {

  /** The public key, as RFC 8410 encodes it in DER. */
  byte[] publicKey();

  @Override
  byte[] sign(byte[] text) throws GeneralSecurityException;
}
