package io.everwhen.restore.stamp;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.TimeStampTokenInfo;
import org.bouncycastle.util.Store;

/**
 * A time-stamp token (RFC 3161) whose signature is by the certificate of an authority that it
 * brings along, which was valid then and is for time stamps alone. Whether that authority is one to
 * believe, {@link TrustedAuthorities} knows. Immutable.
 */
public final class StampToken {

  private static final Provider PROVIDER = new BouncyCastleProvider();
  private static final long SECOND_NANOS = 1_000_000_000;

  private final TimeStampTokenInfo info;
  private final X509Certificate signer;
  private final Set<X509Certificate> others;

  private StampToken(TimeStampTokenInfo info, X509Certificate signer, Set<X509Certificate> others) {
    this.info = info;
    this.signer = signer;
    this.others = others;
  }

  /**
   * Reads a token.
   *
   * @throws StampException when it is none, or its signature is not what it should be
   */
  public static StampToken of(byte[] token) throws StampException {
    try {
      CMSSignedData signed = new CMSSignedData(token);
      if (!Arrays.equals(signed.getEncoded(), token)) {
        throw new StampException("it is followed or interspersed by something else");
      }
      return of(new TimeStampToken(signed));
    } catch (CMSException
        | TSPException
        | IOException
        | CertificateException
        | OperatorCreationException
        | RuntimeException e) {
      // Bouncy Castle throws what it likes at malformed structures.
      throw new StampException("it is no valid time-stamp token: " + e.getMessage(), e);
    }
  }

  private static StampToken of(TimeStampToken token)
      throws StampException,
          TSPException,
          IOException,
          CertificateException,
          OperatorCreationException {
    Store<X509CertificateHolder> brought = token.getCertificates();
    JcaX509CertificateConverter converter = new JcaX509CertificateConverter().setProvider(PROVIDER);
    Set<X509Certificate> others = new HashSet<>();
    X509CertificateHolder own = null;
    for (X509CertificateHolder certificate : brought.getMatches(null)) {
      if (token.getSID().match(certificate)) {
        own = certificate;
      }
      others.add(converter.getCertificate(certificate));
    }
    if (own == null) {
      throw new StampException("it does not bring the certificate along that it is signed with");
    }
    // Also: extended key usage timeStamping alone and critical; valid at the time; the right one.
    token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider(PROVIDER).build(own));
    return new StampToken(token.getTimeStampInfo(), converter.getCertificate(own), others);
  }

  /**
   * Checks that it is these bytes that are stamped.
   *
   * @throws StampException when it is not
   */
  public void checkStamps(byte[] text) throws StampException {
    var algorithm = info.getMessageImprintAlgOID();
    String digest;
    if (algorithm.equals(NISTObjectIdentifiers.id_sha256)) {
      digest = "SHA-256";
    } else if (algorithm.equals(NISTObjectIdentifiers.id_sha384)) {
      digest = "SHA-384";
    } else if (algorithm.equals(NISTObjectIdentifiers.id_sha512)) {
      digest = "SHA-512";
    } else {
      throw new StampException("it stamps a digest of another kind: " + algorithm);
    }
    if (!MessageDigest.isEqual(Digests.of(digest, text), info.getMessageImprintDigest())) {
      throw new StampException("it stamps something else");
    }
  }

  /** The time that the authority vouches for, in nanoseconds since 1970. */
  public long timeNanos() {
    Instant time = info.getGenTime().toInstant();
    return Math.addExact(Math.multiplyExact(time.getEpochSecond(), SECOND_NANOS), time.getNano());
  }

  Date time() {
    return info.getGenTime();
  }

  /** What the authority's certificate calls it. */
  public String authority() {
    return signer.getSubjectX500Principal().getName();
  }

  X509Certificate signer() {
    return signer;
  }

  /** Certificates that came along. */
  Set<X509Certificate> others() {
    return Set.copyOf(others);
  }
}
