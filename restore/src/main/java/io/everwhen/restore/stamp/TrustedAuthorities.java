package io.everwhen.restore.stamp;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The certificates by which authorities are believed: an authority's own, or those of the
 * certification authorities that its certificate leads to. Nobody is asked whether one was revoked.
 *
 * @param trusted at least one
 */
public record TrustedAuthorities(Set<X509Certificate> trusted) {

  private static final String TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

  public TrustedAuthorities {
    trusted = Set.copyOf(trusted);
    if (trusted.isEmpty()) {
      throw new IllegalArgumentException("there is no certificate in it");
    }
  }

  /**
   * Those in a PEM file.
   *
   * @throws IllegalArgumentException when there is none in it
   */
  public static TrustedAuthorities of(String pem) {
    Set<X509Certificate> trusted = new HashSet<>();
    try {
      CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)))
          .forEach(certificate -> trusted.add((X509Certificate) certificate));
    } catch (CertificateException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return new TrustedAuthorities(trusted);
  }

  /**
   * Checks that a token is by an authority to be believed: at the time that it gives, its
   * certificate led to one of these.
   */
  public void check(StampToken token) throws StampException {
    if (trusted.contains(token.signer())) {
      return;
    }
    try {
      X509CertSelector target = new X509CertSelector();
      target.setCertificate(token.signer());
      target.setExtendedKeyUsage(Set.of(TIME_STAMPING));
      PKIXBuilderParameters parameters =
          new PKIXBuilderParameters(
              trusted.stream()
                  .map(certificate -> new TrustAnchor(certificate, null))
                  .collect(Collectors.toSet()),
              target);
      Set<X509Certificate> known = new HashSet<>(trusted);
      known.addAll(token.others());
      known.add(token.signer());
      parameters.addCertStore(
          CertStore.getInstance("Collection", new CollectionCertStoreParameters(known)));
      parameters.setDate(token.time());
      parameters.setRevocationEnabled(false);
      CertPathBuilder.getInstance("PKIX").build(parameters);
    } catch (GeneralSecurityException | IOException e) {
      throw new StampException(
          "it is by %s, whose certificate leads to none of those that are trusted (%s)"
              .formatted(token.authority(), e.getMessage()),
          e);
    }
  }
}
