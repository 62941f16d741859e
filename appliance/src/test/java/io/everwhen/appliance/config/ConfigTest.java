package io.everwhen.appliance.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.everwhen.journal.history.Retention;
import io.everwhen.journal.history.Retention.Tier;
import io.everwhen.target.iscsi.Access;
import io.everwhen.target.iscsi.CongestionControl;
import io.everwhen.target.iscsi.Network;
import io.everwhen.target.iscsi.PortalOptions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
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
  void readsWhichDisksHaveAWriteCache() throws Exception {
    assertThat(read("disks: {a: {size: 1M, write_cache: false}, b: {size: 1M}}").disks())
        .extracting(DiskConfig::writeCache)
        .containsExactly(false, true);
    assertThatThrownBy(() -> read("disks: {a: {size: 1M, write_cache: off}}"))
        .hasMessageContaining("write_cache: write true or false, not 'off'");
  }

  @Test
  void readsInWhatFormAJournalHoldsWhatIsWritten() throws Exception {
    Config config =
        read("disks: {a: {size: 1M, compress: true}, b: {size: 1M, compress: 7}, c: {size: 1M}}");
    assertThat(config.disks())
        .extracting(disk -> disk.encoding().compressionLevel())
        .containsExactly(1, 7, 0);
    assertThatThrownBy(() -> read("disks:\n  a:\n    size: 1M\n    compress: 10"))
        .hasMessage("e.yaml:4: compress: write true, false or a level from 1 to 9, not '10'");
  }

  @Test
  void readsWhatIsKeptOfWhatGetsOld() throws Exception {
    String text = "every instant for 36h, then hourly for 7d, then daily for 30d";
    Retention retention = requireNonNull(read("retention: " + text + "\n").retention());
    assertThat(retention)
        .isEqualTo(
            new Retention(
                Duration.ofHours(36),
                List.of(
                    new Tier(Duration.ofHours(1), Duration.ofDays(7)),
                    new Tier(Duration.ofDays(1), Duration.ofDays(30)))));
    assertThat(RetentionText.of(retention)).isEqualTo(text);
    assertThat(read("disks: {}\n").retention()).isNull();
    assertThat(RetentionText.of(RetentionText.parse("every instant for 60s,then every 90s for 1w")))
        .isEqualTo("every instant for 1m, then every 90s for 7d");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hourly for 7d | write it as 'every instant for 24h, then hourly",
        "every instant | write it as",
        "every instant for 0s | has to be kept for a while",
        "every instant for 1h, then hourly for 30m | cannot be longer",
        "every instant for 1h, then every 7m for 1d, then hourly for 7d | multiple of the one before",
        "every instant for 1h, then every 1s for 7d | instants would be kept; at most 10000",
        "every instant for 1h, then yearly for 7d | a step is hourly, daily, weekly or",
      })
  void refusesARetentionThatCannotBe(String text, String message) {
    assertThatThrownBy(() -> read("data: d\nretention: \"" + text + "\"\n"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("retention")
        .hasMessageContaining(message)
        .hasMessageContaining("2");
  }

  @Test
  void readsHowOftenSnapshotsAreMade() throws Exception {
    assertThat(read("snapshots: {every: 6h, keep: 28}\n").snapshots())
        .isEqualTo(new SnapshotConfig(Duration.ofHours(6), 28))
        .hasToString("every 6h, the last 28 are kept");
    assertThat(read("snapshots: {every: 1w, keep: 900}\n").snapshots())
        .hasToString("every 7d, the last 900 are kept");
    assertThat(read("disks: {}\n").snapshots()).isNull();
  }

  @Test
  void readsWithWhatAJournalIsEncrypted() throws Exception {
    Config config =
        read(
            "disks: {a: {size: 1M, encrypt: {key_file: /k}}, b: {size: 1M, encrypt: {passphrase_file: /p}}, c: {size: 1M}}");
    assertThat(config.disks())
        .extracting(disk -> disk.encoding().secret())
        .containsExactly(
            new SecretFile(SecretFile.Kind.KEY_FILE, Path.of("/k")),
            new SecretFile(SecretFile.Kind.PASSPHRASE_FILE, Path.of("/p")),
            null);
    assertThatThrownBy(() -> read("disks:\n  a:\n    size: 1M\n    encrypt: {}"))
        .hasMessage("e.yaml:4: encrypt: name either a key_file or a passphrase_file");
  }

  @Test
  void readsWhichDisksShareAJournal() throws Exception {
    Config read =
        read(
            """
            disks: {data: {size: 100GiB}, logs: {size: 20GiB}, own: {size: 1GiB}, a: {size: 1GiB}}
            groups:
              db: {disks: [data, logs], journal_size: 40GiB, journal: /fast/db, compress: 3, encrypt: {key_file: /k}}
              a: {disks: [a]}
            """);
    assertThat(read.groups())
        .containsExactly(
            new GroupConfig(
                new DiskName("db"),
                List.of(new DiskName("data"), new DiskName("logs")),
                ByteSize.parse("40GiB"),
                Path.of("/fast/db"),
                new EncodingConfig(3, new SecretFile(SecretFile.Kind.KEY_FILE, Path.of("/k")))),
            new GroupConfig(
                new DiskName("a"), List.of(new DiskName("a")), null, null, EncodingConfig.PLAIN));
    assertThat(read.groupOf(new DiskName("logs"))).contains(read.groups().getFirst());
    assertThat(read.groupOf(new DiskName("own"))).isEmpty();
  }

  @Test
  void readsPortalsTargetsAndLimits() throws Exception {
    Config read =
        read(
            """
            portals:
              - 10.0.0.1:3260
              - {address: "[fd00::1]:3260", group: 2, advertise: "san.example.org:3261"}
              - {address: "192.0.2.1:3260", congestion_control: system}
            disks:
              db: {size: 100GiB}
              logs: {size: 20GiB, read_only: true}
              own: {size: 1GiB}
            targets:
              cluster:
                luns: {0: db, 1: logs}
                access:
                  - initiators: ["iqn.1998-01.com.vmware:*"]
                    networks: [10.0.0.0/8]
                    luns: {7: logs}
                  - networks: [192.168.0.0/16]
              iqn.2026-11.org.example:whole.name:
                luns: {0: logs}
            limits:
              sessions: 100
              login_seconds: 5
              transfer_memory: 16MiB
              write_memory: 1GiB
              verify_rate: 1MiB
            """);
    assertThat(read.portals())
        .containsExactly(
            new PortalConfig(new HostPort("10.0.0.1", 3260)),
            new PortalConfig(
                new HostPort("fd00::1", 3260),
                2,
                new HostPort("san.example.org", 3261),
                CongestionControl.AUTO),
            new PortalConfig(new HostPort("192.0.2.1", 3260), 1, null, CongestionControl.SYSTEM));
    assertThat(read.disks()).extracting(DiskConfig::readOnly).containsExactly(null, true, null);
    TargetConfig cluster = read.targets().getFirst();
    assertThat(cluster.name()).isEqualTo("iqn.2026-11.io.everwhen:cluster");
    assertThat(cluster.luns())
        .containsExactly(entry(0, new DiskName("db")), entry(1, new DiskName("logs")));
    assertThat(cluster.rules())
        .containsExactly(
            new TargetConfig.Rule(
                new Access(
                    List.of("iqn.1998-01.com.vmware:*"),
                    List.of(Network.parse("10.0.0.0/8")),
                    null),
                new TreeMap<>(Map.of(7, new DiskName("logs")))),
            new TargetConfig.Rule(
                new Access(List.of(), List.of(Network.parse("192.168.0.0/16")), null), null));
    assertThat(cluster.restricted()).isTrue();
    assertThat(read.targets().getLast().name()).isEqualTo("iqn.2026-11.org.example:whole.name");
    assertThat(read.targets().getLast().restricted()).isFalse();
    assertThat(read.limits().sessions()).isEqualTo(100);
    assertThat(read.limits().portal().loginSecondsMax()).isEqualTo(5);
    assertThat(read.limits().portal().transferBytesMax()).isEqualTo(16 << 20);
    assertThat(read.limits().writeBytes()).isEqualTo(1L << 30);
    assertThat(read.limits().verifyBytesPerSecond()).isEqualTo(1 << 20);
    assertThat(read.limits().portal().pingAfterSeconds())
        .isEqualTo(PortalOptions.DEFAULTS.pingAfterSeconds());
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
        "disks: {a: {size: 1G, name: b}}                    ! e.yaml:1: unknown key 'name'; the keys of a disk are size",
        "disks: {A: {size: 1G}}                             ! e.yaml:1: disks: a disk's name is lower case",
        "disks: {a: {}}                                     ! e.yaml:1: a disk needs a size",
        "disks: {a: {size: 1G, read_only: maybe}}           ! e.yaml:1: read_only: write true or false, not 'maybe'",
        "listen: 'h:1'|portals: ['h:2']                     ! e.yaml:2: give listen or portals, not both",
        "snapshots: {every: 6h}                             ! e.yaml:1: snapshots: say how often and how many",
        "snapshots: {every: 500ms, keep: 2}                 ! e.yaml:1: every: a number and s, m, h, d or w",
        "snapshots: {every: 0s, keep: 2}                    ! e.yaml:1: snapshots: every: from a second to a year",
        "snapshots: {every: 6h, keep: 901}                  ! e.yaml:1: snapshots: keep: from 1 to 900",
        "snapshots: {every: 6h, keep: some}                 ! e.yaml:1: keep: expected a number, not 'some'",
        "snapshots: {every: 6h, keep: 2, name: x}           ! unknown key 'name'",
        "timestamp: {every: 1h}                             ! e.yaml:1: timestamp: say the url of the time-stamp authority",
        "timestamp: {url: 'ftp://h'}                        ! e.yaml:1: timestamp: expected http://HOST[:PORT][/PATH], or https",
        "timestamp: {url: 'http://'}                        ! e.yaml:1: url: Expected authority",
        "timestamp: {url: 'http://h', every: 1}             ! e.yaml:1: every: a number and s, m, h, d or w, such as 1h, not '1'",
        "timestamp: {url: 'http://h', every: 366d}          ! e.yaml:1: timestamp: every: from a second to a year",
        "timestamp: {url: 'http://h', hash: md5}            ! e.yaml:1: hash: sha256, sha384 or sha512, not 'md5'",
        "timestamp: {url: 'http://h', certificate: pom.xml} ! e.yaml:1: certificate: pom.xml is no certificate in PEM",
        "timestamp: {url: 'http://h', certificate: no.pem}  ! e.yaml:1: certificate: there is no file no.pem",
        "portals: []                                        ! e.yaml:1: portals: expected a list of at least one address",
        "portals: ['h:1', 'h:1']                            ! two portals are at h:1",
        "portals: ['fd00::1:3260']                          ! e.yaml:1: portals: not an address",
        "portals: [{group: 2}]                              ! e.yaml:1: a portal needs an address",
        "portals: [{address: 'h:1', group: 0}]              ! e.yaml:1: portals: a portal group is 1 to 65535, not 0",
        "portals: [{address: 'h:1', advertise: 'h:0'}]      ! e.yaml:1: portals: nobody can connect to port 0",
        "portals: [{address: 'h:1', congestion_control: b}] ! e.yaml:1: congestion_control: write auto or system, not 'b'",
        "limits: {cpu_latency: b} ! e.yaml:1: cpu_latency: write auto or system, not 'b'",
        "groups: [a]                                        ! e.yaml:1: groups: expected names of groups, not a list",
        "groups: {g: {}}                                    ! e.yaml:1: the group g needs disks, such as [data, logs]",
        "groups: {g: {disks: []}}                           ! e.yaml:1: groups: the group g has no disks",
        "groups: {g: {disks: [a, a]}}                       ! e.yaml:1: groups: the group g has a disk twice",
        "groups: {g: {disks: [a], size: 1}}                 ! e.yaml:1: unknown key 'size'; the keys of a group are disks, journal_size, journal, compress",
        "groups: {g: {disks: [a]}}                          ! the group g has the disk a, which is not under 'disks'",
        "disks: {a: {size: 1G}}|groups: {g: {disks: [a]}, h: {disks: [a]}} ! a is in two groups, g and h",
        "disks: {a: {size: 1G, journal: j}}|groups: {g: {disks: [a]}}      ! a shares the journal of the group g: say journal, journal_size, compress and encrypt there",
        "disks: {a: {size: 1G}, g: {size: 1G}}|groups: {g: {disks: [a]}}   ! the group g and the disk g, which has a journal of its own",
        "targets: [a]                                       ! e.yaml:1: targets: expected names of targets, not a list",
        "targets: {t: {}}                                   ! e.yaml:1: the target t needs luns",
        "targets: {T: {luns: {0: a}}}                       ! e.yaml:1: targets: a disk's name is lower case",
        "targets: {t: {luns: {0: a}}}                       ! leads to a, which is not under 'disks'",
        "targets: {t: {luns: {x: a}}}                       ! e.yaml:1: luns: a LUN is a number from 0 to 16383, not 'x'",
        "targets: {t: {luns: {16384: a}}}                   ! a LUN is a number from 0 to 16383, not '16384'",
        "targets: {t: {luns: {0: a, 1: a}}}                 ! luns: each LUN and each disk stands there once",
        "targets: {t: {luns: {0: a}, access: []}}           ! access: expected a list of at least one rule",
        "targets:|  t:|    luns: {0: a}|    acces: 1        ! e.yaml:4: unknown key 'acces'; the keys of a target are luns, access",
        "disks: {a: {size: 1G}}|targets: {a: {luns: {0: a}}, 'iqn.2026-11.io.everwhen:a': {luns: {0: a}}} ! two targets are called",
        "disks: {a: {size: 1G, networks: [10.0.0.0/8]}}|targets: {t: {luns: {0: a}}} ! say there who may use it",
        "limits: {sessions: 0}                              ! e.yaml:1: limits: sessions: 1 to 65535, not 0",
        "limits: {sessions: many}                           ! e.yaml:1: sessions: not a number: 'many'",
        "limits: {ping_after_seconds: 60}                   ! e.yaml:1: limits: seconds before the end: 60",
        "limits: {transfer_memory: 4GiB}                    ! e.yaml:1: limits:",
        "limits: {write_memory: 1MiB}                       ! e.yaml:1: limits: write_memory: 64MiB to",
        "limits: {verify_rate: fast}                        ! e.yaml:1: verify_rate:",
        "limits: {nosuch: 1}                                ! e.yaml:1: unknown key 'nosuch'; the keys of limits are sessions",
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

  @Test
  void saysWhoTimeStampsTheHistories() throws Exception {
    assertThat(read("admin: h:1\n").timestamp()).isNull();
    assertThat(read("timestamp: {url: 'https://tsa.example.org/tsr'}\n").timestamp())
        .isEqualTo(
            new TimestampConfig(
                URI.create("https://tsa.example.org/tsr"),
                Duration.ofHours(1),
                TimestampConfig.Hash.SHA256,
                null));
    TimestampConfig more =
        Objects.requireNonNull(
            read("timestamp: {url: 'http://h:80', every: 15m, hash: sha-512}\n").timestamp());
    assertThat(more.every()).isEqualTo(Duration.ofMinutes(15));
    assertThat(more.hash()).isEqualTo(TimestampConfig.Hash.SHA512);
  }

  private static Config read(String text) throws InvalidConfigException {
    return new ConfigReader("e.yaml", Config::secret, Config::text).read(text);
  }
}
