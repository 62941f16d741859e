package io.everwhen.appliance.testing;

import io.everwhen.restore.stamp.Digests;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampTokenGenerator;
import org.bouncycastle.util.CollectionStore;

/** A time-stamp authority that answers another question than it was asked, or is not what it is. */
@SuppressWarnings("JavaUtilDate") // Bouncy Castle wants it
public final class OddTsa implements TsaServer.Authority {

  private static final ASN1ObjectIdentifier POLICY = new ASN1ObjectIdentifier("1.2.3.4.1");

  private final KeyPair key;
  private final KeyPair signing;
  private final X509CertificateHolder certificate;
  private final Instant now;
  private final UnaryOperator<TimeStampRequest> misunderstands;

  private OddTsa(
      KeyPair key,
      KeyPair signing,
      Instant validUntil,
      Instant now,
      UnaryOperator<TimeStampRequest> misunderstands) {
    this.key = key;
    this.signing = signing;
    this.now = now;
    this.misunderstands = misunderstands;
    X500Principal name = new X500Principal("CN=odd");
    try {
      certificate =
          new JcaX509v3CertificateBuilder(
                  name,
                  BigInteger.ONE,
                  Date.from(validUntil.minusSeconds(1_000_000)),
                  Date.from(validUntil),
                  name,
                  key.getPublic())
              .addExtension(
                  Extension.extendedKeyUsage,
                  true,
                  new ExtendedKeyUsage(KeyPurposeId.id_kp_timeStamping))
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()));
    } catch (IOException | OperatorCreationException e) {
      throw new AssertionError(e);
    }
  }

  /** One that is as it should be. */
  public static OddTsa good(Instant now) {
    return misunderstanding(now, query -> query);
  }

  /** One that answers what it makes of a query. */
  public static OddTsa misunderstanding(Instant now, UnaryOperator<TimeStampRequest> how) {
    KeyPair key = newKey();
    return new OddTsa(key, key, now.plusSeconds(500_000), now, how);
  }

  /** One whose certificate was valid once. */
  public static OddTsa expired(Instant now) {
    KeyPair key = newKey();
    return new OddTsa(key, key, now.minusSeconds(100), now, query -> query);
  }

  /** One that has the certificate, but not the key for it. */
  public OddTsa withAnotherKey() {
    return new OddTsa(key, newKey(), now.plusSeconds(500_000), now, misunderstands);
  }

  /** Its certificate. */
  public String pem() {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(certificate);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return text.toString();
  }

  /** The query for another digest. */
  public static TimeStampRequest forAnotherText(TimeStampRequest query) {
    return request(Digests.of("SHA-256", new byte[] {1}), query.getNonce());
  }

  /** The query with another nonce. */
  public static TimeStampRequest withAnotherNonce(TimeStampRequest query) {
    return request(query.getMessageImprintDigest(), query.getNonce().add(BigInteger.ONE));
  }

  /** The query without a nonce: its answer can be given again and again. */
  public static TimeStampRequest withoutNonce(TimeStampRequest query) {
    TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
    generator.setCertReq(true);
    return generator.generate(NISTObjectIdentifiers.id_sha256, query.getMessageImprintDigest());
  }

  /** The query as if certificates were not wanted. */
  public static TimeStampRequest withoutCertificates(TimeStampRequest query) {
    return new TimeStampRequestGenerator()
        .generate(
            NISTObjectIdentifiers.id_sha256, query.getMessageImprintDigest(), query.getNonce());
  }

  private static TimeStampRequest request(byte[] digest, BigInteger nonce) {
    TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
    generator.setCertReq(true);
    return generator.generate(NISTObjectIdentifiers.id_sha256, digest, nonce);
  }

  private static KeyPair newKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public byte[] respond(byte[] query) throws IOException {
    try {
      TimeStampTokenGenerator tokens =
          new TimeStampTokenGenerator(
              new JcaSimpleSignerInfoGeneratorBuilder()
                  .build("SHA256withECDSA", signing.getPrivate(), certificate),
              new JcaDigestCalculatorProviderBuilder()
                  .build()
                  .get(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256)),
              POLICY);
      tokens.addCertificates(new CollectionStore<>(List.of(certificate)));
      return new TimeStampResponseGenerator(tokens, TSPAlgorithms.ALLOWED)
          .generate(
              misunderstands.apply(new TimeStampRequest(query)), BigInteger.TWO, Date.from(now))
          .getEncoded();
    } catch (OperatorCreationException | TSPException e) {
      throw new IOException(e);
    }
  }
}
