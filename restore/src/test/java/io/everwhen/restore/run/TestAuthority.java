package io.everwhen.restore.run;

import io.everwhen.restore.stamp.Digests;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.Time;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.tsp.MessageImprint;
import org.bouncycastle.asn1.tsp.TSTInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.CollectionStore;

/** A time-stamp authority, its certificate by a certification authority of its own. */
@SuppressWarnings("JavaUtilDate") // Bouncy Castle wants it
final class TestAuthority {

  private static final long DAY_MILLIS = 24L * 60 * 60 * 1000;

  private final KeyPair caKey = newKey();
  private final KeyPair key = newKey();
  private final X509CertificateHolder ca;
  private final X509CertificateHolder certificate;

  /** One whose certificate is valid for ten days around a time. */
  TestAuthority(String name, long validNanos) {
    this(name, validNanos, KeyPurposeId.id_kp_timeStamping);
  }

  /** The same for another purpose than it should be. */
  TestAuthority(String name, long validNanos, KeyPurposeId purpose) {
    long millis = validNanos / 1_000_000;
    X500Principal issuer = new X500Principal("CN=CA of " + name);
    try {
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(caKey.getPrivate());
      Date from = new Date(millis - 5 * DAY_MILLIS);
      Date until = new Date(millis + 5 * DAY_MILLIS);
      ca =
          new JcaX509v3CertificateBuilder(
                  issuer, BigInteger.ONE, from, until, issuer, caKey.getPublic())
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
              .build(signer);
      certificate =
          new JcaX509v3CertificateBuilder(
                  issuer,
                  BigInteger.TWO,
                  from,
                  until,
                  new X500Principal("CN=" + name),
                  key.getPublic())
              .addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(purpose))
              .build(signer);
    } catch (IOException | OperatorCreationException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair newKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The certificate of the certification authority. */
  String caPem() {
    return pem(ca);
  }

  /** The certificate of the time-stamp authority. */
  String pem() {
    return pem(certificate);
  }

  private static String pem(X509CertificateHolder certificate) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(certificate);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return text.toString();
  }

  /** A token for a text; also by a certificate that is not fit for it. */
  byte[] stamp(byte[] text, long timeNanos) {
    AlgorithmIdentifier sha256 = new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256);
    try {
      TSTInfo info =
          new TSTInfo(
              new ASN1ObjectIdentifier("1.2.3.4.1"),
              new MessageImprint(sha256, Digests.of("SHA-256", text)),
              new ASN1Integer(10),
              new ASN1GeneralizedTime(new Date(timeNanos / 1_000_000)),
              null,
              null,
              null,
              null,
              null);
      ESSCertIDv2 own = new ESSCertIDv2(sha256, Digests.of("SHA-256", certificate.getEncoded()));
      ASN1EncodableVector attributes = new ASN1EncodableVector();
      attributes.add(
          new Attribute(
              PKCSObjectIdentifiers.id_aa_signingCertificateV2,
              new DERSet(new SigningCertificateV2(own))));
      attributes.add(
          new Attribute(
              CMSAttributes.signingTime, new DERSet(new Time(new Date(timeNanos / 1_000_000)))));
      CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
      generator.addSignerInfoGenerator(
          new JcaSimpleSignerInfoGeneratorBuilder()
              .setSignedAttributeGenerator(new AttributeTable(attributes))
              .build("SHA256withECDSA", key.getPrivate(), certificate));
      generator.addCertificates(new CollectionStore<>(List.of(certificate)));
      return generator
          .generate(
              new CMSProcessableByteArray(PKCSObjectIdentifiers.id_ct_TSTInfo, info.getEncoded()),
              true)
          .toASN1Structure()
          .getEncoded("DER");
    } catch (IOException | OperatorCreationException | CMSException e) {
      throw new AssertionError(e);
    }
  }
}
