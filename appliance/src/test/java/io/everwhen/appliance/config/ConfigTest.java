package io.everwhen.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigTest {

  @Test
  void readsEveryKey(@TempDir Path directory) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("everwhen.yaml"),
            """
            # a comment
            data: /var/lib/everwhen
            journal: /journal
            listen: 0.0.0.0:3261
            admin: "[::1]:3281"
            disks:
              - name: disk0
                size: 100GiB
              - name: mail
                size: 4096000
                block_size: 4096
                journal_size: 20GiB
                journal: /fast/mail
            """);

    assertThat(Config.read(file))
        .isEqualTo(
            new Config(
                Path.of("/var/lib/everwhen"),
                Path.of("/journal"),
                new HostPort("0.0.0.0", 3261),
                new HostPort("::1", 3281),
                List.of(
                    DiskConfig.parse("disk0=100GiB"),
                    new DiskConfig(
                        new DiskName("mail"),
                        new ByteSize(4_096_000),
                        4096,
                        ByteSize.parse("20GiB"),
                        Path.of("/fast/mail")))));
  }

  @Test
  void isTheDefaultWhereTheFileSaysNothing() throws Exception {
    assertThat(read("")).isEqualTo(Config.DEFAULT);
    assertThat(read("listen: 0.0.0.0:1\n"))
        .isEqualTo(
            Config.DEFAULT.withPortals(List.of(new PortalConfig(new HostPort("0.0.0.0", 1)))));
  }

  /** What is wrong, where, and what the message says. {@code |} stands for the end of a line. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "data: a|lisen: b               ! e.yaml:2: unknown key 'lisen'; the keys of the file are data, journal, listen",
        "listen: 3260                   ! e.yaml:1: listen: not an address: '3260'",
        "data: ''                       ! e.yaml:1: data: a path cannot be empty",
        "data:                          ! e.yaml:1: data: expected one value, not nothing",
        "data: [a, b]                   ! e.yaml:1: data: expected one value, not a list",
        "data: a|data: b                ! e.yaml:2:",
        "- a                            ! e.yaml:1: the file: expected keys and values, not a list",
        "just text                      ! e.yaml:1: the file: expected keys and values, not 'just text'",
        "disks: disk0                   ! e.yaml:1: disks: expected a list of disks, not 'disk0'",
        "disks:|- disk0=1GiB            ! e.yaml:2: a disk: expected keys and values, not 'disk0=1GiB'",
        "disks:|- name: a               ! e.yaml:2: a disk needs a size",
        "disks:|- size: 1GiB            ! e.yaml:2: a disk needs a name",
        "disks:|- name: A|  size: 1G    ! e.yaml:2: name: a disk's name is lower case",
        "disks:|- name: a|  size: 1Q    ! e.yaml:3: size: not a size: '1Q'",
        "disks:|- name: a|  size: 1001  ! e.yaml:2: disks: the size of a, 1001, is not a multiple of its block of 512 bytes",
        "disks:|- {name: a, size: 1G}|- {name: a, size: 1G} ! two disks are called 'a'",
        "disks:|- {name: a, size: 1G, block_size: 99}       ! a block has 512 or 4096 bytes, not 99",
        "disks:|- {name: a, size: 1G, colour: red}          ! e.yaml:2: unknown key 'colour'; the keys of a disk are name, size",
        "data: {                        ! e.yaml:",
        "data: a|---|data: b            ! more than one document",
      })
  void saysWhatIsWrongWithTheFileAndWhere(String text, String message) {
    assertThatThrownBy(() -> read(text.replace('|', '\n')))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void saysThatTheFileIsMissingOrUnreadable(@TempDir Path directory) throws Exception {
    assertThatThrownBy(() -> Config.read(directory.resolve("none.yaml")))
        .hasMessageContaining("there is no");
    assertThatThrownBy(() -> Config.read(directory)).hasMessageContaining("cannot read");
    Path binary =
        Files.write(directory.resolve("binary"), new byte[] {(byte) 0xFF, (byte) 0xFE, 0, 1});
    assertThatThrownBy(() -> Config.read(binary)).hasMessageContaining("not UTF-8");
  }

  @Test
  void takesTheSizesOfTheCommandLine() throws Exception {
    Config config =
        read("disks:\n- {name: a, size: 1G, block_size: 4096}\n- {name: b, size: 1G}\n");
    assertThat(
            config.withDisks(List.of(DiskConfig.parse("c=3G"), DiskConfig.parse("a=2G"))).disks())
        .containsExactly(
            new DiskConfig(new DiskName("a"), ByteSize.parse("2G"), 4096, null, null),
            DiskConfig.parse("b=1G"),
            DiskConfig.parse("c=3G"));
    assertThatThrownBy(
            () -> config.withDisks(List.of(DiskConfig.parse("c=3G"), DiskConfig.parse("c=2G"))))
        .hasMessageContaining("two disks are called 'c'");
  }

  private static Config read(String text) throws InvalidConfigException {
    return new ConfigReader("e.yaml", Config::secret).read(text);
  }
}
