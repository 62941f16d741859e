package io.everwhen.appliance.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A time-stamp authority that is not ours: the {@code openssl ts} of the machine. */
public final class OpensslTsa implements TsaServer.Authority {

  private static final String CONFIG =
      """
      [tsa]
      default_tsa = own
      [own]
      serial = serial
      crypto_device = builtin
      signer_cert = tsa.pem
      certs = ca.pem
      signer_key = tsa.key
      signer_digest = sha256
      default_policy = 1.2.3.4.1
      digests = sha256, sha384, sha512
      accuracy = secs:1
      tsa_name = yes
      ess_cert_id_chain = yes
      ess_cert_id_alg = sha256
      [ca]
      basicConstraints = critical,CA:true
      keyUsage = critical,keyCertSign
      [stamping]
      extendedKeyUsage = critical,timeStamping
      keyUsage = critical,digitalSignature
      [req]
      distinguished_name = none
      [none]
      """;

  private final Path directory;

  /** Makes keys and certificates in a directory. */
  public OpensslTsa(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    Files.writeString(directory.resolve("tsa.cnf"), CONFIG);
    Files.writeString(directory.resolve("serial"), "01\n");
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj",
        "/CN=Test CA",
        "-config tsa.cnf -extensions ca");
    openssl(
        "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj",
        "/CN=Test TSA",
        "-config tsa.cnf");
    openssl(
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out tsa.pem"
            + " -extfile tsa.cnf -extensions stamping");
  }

  /** Whether the machine has it. */
  public static void need() {
    Needs.program("openssl", "openssl");
  }

  /** The certificate that its own leads to. */
  public Path caCertificate() {
    return directory.resolve("ca.pem");
  }

  /** Its own. */
  public Path certificate() {
    return directory.resolve("tsa.pem");
  }

  @Override
  public synchronized byte[] respond(byte[] query) throws IOException {
    Files.write(directory.resolve("query"), query);
    openssl("ts -reply -config tsa.cnf -section own -queryfile query -out response");
    return Files.readAllBytes(directory.resolve("response"));
  }

  /** What {@code openssl ts -verify} says of a token that was kept. */
  public String verify(byte[] token, byte[] stamped) throws IOException {
    Files.write(directory.resolve("token"), token);
    Files.write(directory.resolve("stamped"), stamped);
    return openssl("ts -verify -token_in -in token -data stamped -CAfile ca.pem");
  }

  /** Words are separated by spaces in every other argument, beginning with the first. */
  private String openssl(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    for (int i = 0; i < arguments.length; i++) {
      command.addAll(i % 2 == 0 ? List.of(arguments[i].split(" ", -1)) : List.of(arguments[i]));
    }
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " does not end");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    String said = Files.readString(output);
    if (process.exitValue() != 0) {
      throw new IOException(command + ": " + said);
    }
    return said;
  }
}
