package io.everwhen.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.target.iscsi.Access;
import io.everwhen.target.iscsi.Credentials;
import io.everwhen.target.iscsi.Network;
import io.everwhen.target.iscsi.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessReaderTest {

  private static final Credentials.Account ALICE =
      new Credentials.Account("alice", Secret.of("first-secret"));
  private static final Credentials.Account TARGET =
      new Credentials.Account("everwhen", Secret.of("second-secret"));

  @TempDir private Path directory;

  @Test
  void readsEveryKey() throws Exception {
    Path first = file("first", "first-secret\n", "rw-------");
    Path second = file("second", "second-secret", "r--------");
    Path config =
        Files.writeString(
            directory.resolve("everwhen.yaml"),
            """
            discovery_chap: {user: alice, secret: first-secret}
            disks:
              - name: disk0
                size: 1GiB
                initiators: [iqn.1993-08.org.debian:01:ABC, "iqn.1991-05.com.microsoft:*"]
                networks:
                  - 10.1.0.0/16
                  - fd00::/8
                chap:
                  user: alice
                  secret_file: %s
                  mutual_user: everwhen
                  mutual_secret_file: %s
              - name: disk1
                size: 1GiB
            """
                .formatted(first, second));

    Config read = Config.read(config);
    assertThat(read.discoveryChap()).isEqualTo(new Credentials(ALICE, null));
    assertThat(read.disks().getFirst().access())
        .isEqualTo(
            new Access(
                List.of("iqn.1993-08.org.debian:01:abc", "iqn.1991-05.com.microsoft:*"),
                List.of(Network.parse("10.1.0.0/16"), Network.parse("fd00::/8")),
                new Credentials(ALICE, TARGET)));
    assertThat(read.disks().getLast().access()).isEqualTo(Access.OPEN);
    assertThat(read.toString()).doesNotContain("first-secret", "second-secret");
  }

  @Test
  void theCommandLineChangesNothingOfIt() throws Exception {
    Config read =
        read(
            "discovery_chap: {user: alice, secret: first-secret}|disks:"
                + "|- {name: a, size: 1G, networks: [10.0.0.0/8]}");
    Config changed =
        read.withData(Path.of("d"))
            .withJournal(Path.of("j"))
            .withPortals(List.of(new PortalConfig(new HostPort("h", 1))))
            .withAdmin(new HostPort("h", 2))
            .withDisks(List.of(DiskConfig.parse("a=2G")));
    assertThat(changed.discoveryChap()).isEqualTo(read.discoveryChap()).isNotNull();
    assertThat(changed.disks().getFirst().access())
        .isEqualTo(read.disks().getFirst().access())
        .isNotEqualTo(Access.OPEN);
  }

  /** What is wrong with a disk, from line 4 on, and what the message says. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "initiators: iqn.a             ! e.yaml:4: initiators: expected a list of at least one, not 'iqn.a'",
        "initiators: []                ! e.yaml:4: initiators: expected a list of at least one, not an empty list",
        "initiators: [fred]            ! e.yaml:4: initiators: not an initiator's name: 'fred'",
        "networks: |  - 10.0.0.0/8|  - 10.0.0.1/8 ! e.yaml:6: networks: 10.0.0.1 is not the first address of a network of 8 bits; that is 10.0.0.0/8",
        "networks: [lan]               ! e.yaml:4: networks: not a network: 'lan'",
        "networks: [[a]]               ! e.yaml:4: networks: expected one value, not a list",
        "chap: alice%first-secret      ! e.yaml:4: chap: expected the keys user and secret_file",
        "chap: {user: alice}           ! e.yaml:4: chap needs secret_file as well",
        "chap: {secret: first-secret}  ! e.yaml:4: chap needs user as well",
        "chap: {mutual_user: e, mutual_secret: first-secret}  ! e.yaml:4: chap needs a user and a secret_file",
        "chap: {user: alice, secret: first-secret, mutual_user: e}  ! e.yaml:4: chap needs mutual_secret_file as well",
        "chap: {user: alice, secret: first-secret, mutual_user: e, mutual_secret: first-secret}  ! e.yaml:4: chap: the secrets of the two directions are the same",
        "chap: {user: alice, secret: short}        ! e.yaml:4: secret: a secret has 12 to 255 bytes; this one has 5",
        "chap: {user: '', secret: first-secret}    ! e.yaml:4: user: a CHAP user's name has 1 to 255 bytes",
        "chap: {user: alice, password: x}          ! e.yaml:4: unknown key 'password'; the keys of chap are user, secret_file",
        "chap: {user: alice, secret_file: /none}   ! e.yaml:4: secret_file: there is no file /none",
      })
  void saysWhatIsWrongAndWhereWithoutTheSecret(String text, String message) {
    assertThatThrownBy(() -> read("disks:|- name: a|  size: 1G|  " + text.replace("|", "|  ")))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("first-secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rwxrwxrwx"})
  void aSecretThatOthersMayReadIsRefused(String mode) throws Exception {
    Path open = file("open", "first-secret\n", mode);
    assertThatThrownBy(() -> Config.secret(open))
        .hasMessageContaining(mode)
        .hasMessageContaining("chmod 600")
        .hasMessageNotContaining("first-secret");
  }

  @Test
  void aSecretIsOneLine() throws Exception {
    assertThat(Config.secret(file("crlf", "first-secret\r\n", "rw-------")))
        .isEqualTo("first-secret");
    for (String content : new String[] {"", "first\nsecret\n", "x\n".repeat(3000)}) {
      Path file = file("many", content, "rw-------");
      assertThatThrownBy(() -> Config.secret(file)).hasMessageContaining("a secret is one");
    }
  }

  private Path file(String name, String content, String mode) throws Exception {
    Path file = Files.writeString(directory.resolve(name), content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private static Config read(String text) throws InvalidConfigException {
    return new ConfigReader("e.yaml", Config::secret, Config::text).read(text.replace('|', '\n'));
  }
}
