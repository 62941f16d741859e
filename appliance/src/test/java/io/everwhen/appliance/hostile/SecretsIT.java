package io.everwhen.appliance.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.ProcessUse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secrets stay where they were put: whatever goes wrong, and however much is logged, they are in no
 * log, no status, no message, no process list and no other file.
 */
class SecretsIT {

  private static final String SECRET = "correct-horse-battery";
  private static final String MUTUAL_SECRET = "staple-of-the-target";
  private static final String DISCOVERY_SECRET = "who-goes-there-friend";
  private static final List<String> SECRETS = List.of(SECRET, MUTUAL_SECRET, DISCOVERY_SECRET);
  private static final String TARGET = "iqn.2026-11.io.everwhen:disk0";
  private static final String INITIATOR = "iqn.2026-11.test:somebody";

  @TempDir private Path directory;

  @Test
  void noSecretShowsUpAnywhere() throws Exception {
    Path config =
        write(
            """
            discovery_chap: {user: finder, secret_file: %3$s}
            disks:
              - name: disk0
                size: 16MiB
                chap: {user: alice, secret_file: %1$s, mutual_user: everwhen, mutual_secret_file: %2$s}
            """
                .formatted(
                    secret("one", SECRET),
                    secret("two", MUTUAL_SECRET),
                    secret("three", DISCOVERY_SECRET)));
    try (Daemon daemon =
        new Daemon(directory, "--verbose", "--config", config.toString()).start()) {
      int port = daemon.port();
      assertThat(logIn(port, "alice", SECRET)).isTrue();
      assertThat(logIn(port, "alice", "not-" + SECRET.substring(4))).isFalse();
      assertThat(logIn(port, "bob", SECRET)).isFalse();
      nonsense(port);
      String data = daemon.data().toString();
      for (Outcome outcome :
          List.of(
              Cli.run("status", "--data", data),
              Cli.run("status", "--json", "--data", data),
              Cli.run("timeline", "disk0", "--json", "--data", data))) {
        assertNoSecret(outcome.done().toString());
      }
      assertNoSecret(ProcessUse.commandLine(daemon.pid()));
      Path environment = Path.of("/proc", Long.toString(daemon.pid()), "environ");
      assertNoSecret(new String(Files.readAllBytes(environment), ISO_8859_1));
      daemon.terminate();
      assertThat(daemon.output()).contains("refused, AUTHENTICATION_FAILURE");
      assertNoSecret(daemon.output());
      assertNoSecretIn(daemon.data());
      assertNoSecretIn(daemon.journal());
    }
  }

  @Test
  void noComplaintAboutAConfigurationShowsASecret() throws Exception {
    Path good = secret("good", SECRET);
    for (String chap :
        List.of(
            SECRET,
            "[" + SECRET + "]",
            "{user: a, password: " + SECRET + "}",
            "{user: a, secret: [" + SECRET + "]}",
            "{secret: " + SECRET + "}",
            "{user: a, secret: " + SECRET + ", secret_file: " + good + "}",
            "{user: a, secret: \"" + SECRET.repeat(20) + "\"}",
            "{user: a, secret: " + SECRET + ", mutual_user: b, mutual_secret: " + SECRET + "}",
            "{user: a, secret_file: " + secret("long", SECRET.repeat(20)) + "}",
            "{user: a, secret_file: " + secret("two-lines", SECRET + "\n" + MUTUAL_SECRET) + "}",
            "{user: a, secret_file: " + readableByAll(secret("open", SECRET)) + "}",
            "{user: a, secret_file: %1$s, mutual_user: b, mutual_secret_file: %1$s}"
                .formatted(good))) {
      for (String place :
          List.of("disks:\n  - {name: d, size: 16MiB, chap: %s}\n", "discovery_chap: %s\n")) {
        Path config = write(place.formatted(chap));
        Outcome outcome =
            Cli.run(
                "serve",
                "--verbose",
                "--data",
                directory.resolve("data").toString(),
                "--listen",
                "192.0.2.1:1", // not ours: where a configuration passes, the start fails
                "--config",
                config.toString());
        assertThat(outcome.exitCode()).as("%s", outcome).isNotZero();
        assertThat(outcome.err()).as("of %s", chap).isNotBlank();
        assertNoSecret(outcome.out() + outcome.err());
      }
    }
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(directory.resolve("everwhen.yaml"), yaml);
  }

  private Path secret(String name, String secret) throws IOException {
    Path file = directory.resolve(name + ".secret");
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, secret + "\n");
  }

  private static Path readableByAll(Path file) throws IOException {
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  /** Goes through CHAP as {@code user}; whether the answer was taken. */
  private static boolean logIn(int port, String user, String secret) throws Exception {
    try (RawClient client = new RawClient("127.0.0.1", port)) {
      client.send(Pdu.login(0, 0, 0, RawClient.introduction(INITIATOR, TARGET, "AuthMethod=CHAP")));
      client.receive();
      client.send(Pdu.login(0, 0, 0, "CHAP_A=5"));
      Map<String, String> challenge = keys(client.receiveWithData());
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      md5.update((byte) Integer.parseInt(required(challenge, "CHAP_I")));
      md5.update(secret.getBytes(UTF_8));
      byte[] proof =
          md5.digest(HexFormat.of().parseHex(required(challenge, "CHAP_C").substring(2)));
      client.send(
          Pdu.login(
              Pdu.FINAL,
              0,
              1,
              "CHAP_N=" + user,
              "CHAP_R=0x" + HexFormat.of().formatHex(proof),
              "CHAP_I=7",
              "CHAP_C=0x00112233445566778899aabbccddeeff"));
      return client.receive().getShort(36) == 0;
    }
  }

  private static String required(Map<String, String> keys, String key) {
    return Objects.requireNonNull(keys.get(key), key);
  }

  private static Map<String, String> keys(ByteBuffer pdu) {
    Map<String, String> keys = new HashMap<>();
    byte[] text = new byte[pdu.getInt(4) & 0xffffff];
    pdu.get(Pdu.HEADER_BYTES, text);
    for (String pair : new String(text, UTF_8).split("\0", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        keys.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    return keys;
  }

  /** Answers that are none, and keys out of place. */
  private static void nonsense(int port) throws IOException {
    for (String[] keys :
        List.of(
            new String[] {"CHAP_A=99"},
            new String[] {"CHAP_N=alice", "CHAP_R=zz"},
            new String[] {"CHAP_A=5", "CHAP_A=7"})) {
      try (RawClient client = new RawClient("127.0.0.2", port)) {
        client.send(
            Pdu.login(0, 0, 0, RawClient.introduction(INITIATOR, TARGET, "AuthMethod=CHAP")));
        client.receive();
        client.send(Pdu.login(0, 0, 0, keys));
        client.finish();
      }
    }
    try (RawClient client = new RawClient("127.0.0.2", port)) {
      client.send(
          Pdu.login(Pdu.FINAL, 1, 3, "InitiatorName=" + INITIATOR, "SessionType=Discovery"));
      client.finish();
    }
  }

  private static void assertNoSecretIn(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.size(file) < 1 << 20) {
          assertNoSecret(new String(Files.readAllBytes(file), ISO_8859_1));
        }
      }
    }
  }

  private static void assertNoSecret(String text) {
    for (String secret : SECRETS) {
      byte[] bytes = secret.getBytes(UTF_8);
      assertThat(text)
          .doesNotContain(
              secret,
              HexFormat.of().formatHex(bytes),
              Base64.getEncoder().withoutPadding().encodeToString(bytes));
    }
  }
}
