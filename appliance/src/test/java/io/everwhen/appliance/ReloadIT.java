package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A configuration file that is changed while the daemon serves what it said. */
class ReloadIT {

  private static final int BLOCK = 512;
  private static final int MIB = 1 << 20;
  private static final String NAMED = "iqn.2026-11.org.example:named";

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private Path configure(String text) throws IOException {
    return Files.writeString(directory.resolve("everwhen.yaml"), text);
  }

  private Daemon serving(String text) throws Exception {
    return new Daemon(directory, "--config", configure(text).toString()).start();
  }

  private static JsonNode status(Daemon daemon) {
    return daemon.run("status", "--json").done().json().getFirst();
  }

  @Test
  void aLunThatIsAddedIsSeenWithoutANewLoginAndOneThatIsTakenAwayIsGone() throws Exception {
    String disks = "disks: {db: {size: 1MiB}, logs: {size: 2MiB}}\n";
    try (Daemon daemon = serving(disks + "targets: {cluster: {luns: {0: db}}}\n")) {
      try (LibiscsiInitiator initiator = daemon.connect("cluster")) {
        initiator.write(0, new byte[BLOCK], false);
        assertThatThrownBy(() -> initiator.blockCountNow(1))
            .hasMessageContaining("LOGICAL_UNIT_NOT_SUPPORTED");

        configure(disks + "targets: {cluster: {luns: {0: db, 1: logs}}}\n");
        assertThat(daemon.run("reload").done().out()).contains("cluster", "logs is gone");
        assertThatThrownBy(() -> initiator.read(0, 1))
            .hasMessageContaining(LibiscsiInitiator.ATTENTION);
        assertThat(initiator.blockCountNow(1)).isEqualTo(2 * MIB / BLOCK);
        assertThat(initiator.blockCountNow()).isEqualTo(MIB / BLOCK);
        assertThatThrownBy(() -> daemon.connect("logs")).isInstanceOf(InitiatorException.class);
        assertThat(daemon.run("status").done().out()).contains("0: db, 1: logs");
      }
      daemon.kill();
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("cluster")) {
        assertThat(initiator.blockCountNow(1)).isEqualTo(2 * MIB / BLOCK);
        configure(disks + "targets: {cluster: {luns: {0: db}}}\n");
        daemon.run("reload").done();
        assertThatThrownBy(() -> initiator.blockCountNow(1))
            .hasMessageContaining("LOGICAL_UNIT_NOT_SUPPORTED");
        daemon.connect("logs").close();
      }
    }
  }

  @Test
  void initiatorsSeeWhatTheirRuleShowsAndLoseWhatIsTakenFromThem() throws Exception {
    String disks = "disks: {db: {size: 1MiB}, logs: {size: 2MiB}}\n";
    String rules =
        """
        targets:
          cluster:
            luns: {0: db}
            access:
              - initiators: [%s]
                networks: [127.0.0.0/8]
                luns: {0: logs, 5: db}
              - networks: [127.0.0.0/8]
        """
            .formatted(NAMED);
    try (Daemon daemon = serving(disks + rules);
        LibiscsiInitiator named = LibiscsiInitiator.connect(daemon.url("cluster"), NAMED);
        LibiscsiInitiator other = daemon.connect("cluster")) {
      assertThat(named.blockCountNow(0)).isEqualTo(2 * MIB / BLOCK);
      assertThat(named.blockCountNow(5)).isEqualTo(MIB / BLOCK);
      assertThat(other.blockCountNow(0)).isEqualTo(MIB / BLOCK);
      assertThat(status(daemon).path("targets").path(0).path("sessions").size()).isEqualTo(2);

      configure(
          disks
              + rules
                  .replace("              - networks: [127.0.0.0/8]\n", "")
                  .replaceFirst("(?m)^ +- networks: .*\n", ""));
      daemon.run("reload").done();
      assertThat(named.blockCountNow(0)).isEqualTo(2 * MIB / BLOCK);
      assertThatThrownBy(() -> other.blockCountNow(0)).isInstanceOf(InitiatorException.class);
      assertThatThrownBy(() -> daemon.connect("cluster")).isInstanceOf(InitiatorException.class);
      assertThat(daemon.run("disk", "add", "open=1MiB").failed().err()).contains("everwhen reload");
    }
  }

  @Test
  void disksComeGrowAndBecomeReadOnlyAsTheFileSays() throws Exception {
    try (Daemon daemon = serving("disks: {db: {size: 1MiB}}\n")) {
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        configure("disks: {db: {size: 3MiB, read_only: true}, more: {size: 1MiB}}\n");
        JsonNode done = daemon.run("reload", "--json").done().json().getFirst();
        assertThat(done.path("changes").toString()).contains("db has 3MiB", "read-only", "more");
        assertThat(initiator.blockCountNow()).isEqualTo(3 * MIB / BLOCK);
        assertThatThrownBy(() -> initiator.write(0, new byte[BLOCK], false))
            .hasMessageContaining("WRITE_PROTECTED");
        daemon.connect("more").close();
        assertThat(daemon.run("reload").done().out()).contains("nothing has changed");

        configure("disks: {db: {size: 2MiB, read_only: false}}\n");
        Outcome smaller = daemon.run("reload").done();
        assertThat(smaller.err())
            .contains("only 'everwhen disk resize' makes a disk smaller", "says nothing of more");
        assertThat(initiator.blockCountNow()).isEqualTo(3 * MIB / BLOCK);
        initiator.write(0, new byte[BLOCK], false);
      }
      daemon.kill();
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertThat(initiator.blockCount()).isEqualTo(3 * MIB / BLOCK);
      }
      daemon.run("disk", "remove", "more").done();
      assertThatThrownBy(() -> daemon.connect("more")).isInstanceOf(InitiatorException.class);
    }
  }

  @Test
  void limitsThatCanChangeDoAndTheOthersNeedARestart() throws Exception {
    String disks = "disks: {db: {size: 1MiB}}\n";
    try (Daemon daemon = serving(disks);
        LibiscsiInitiator first = daemon.connect("db")) {
      configure(disks + "limits: {sessions: 1, write_memory: 128MiB, verify_rate: 0}\n");
      assertThat(daemon.run("reload").done().out())
          .contains("sessions: at most 1", "128MiB", "not verified in the background");
      assertThatThrownBy(() -> daemon.connect("db")).isInstanceOf(InitiatorException.class);
      configure(disks + "limits: {verify_rate: 1MiB}\n");
      assertThat(daemon.run("reload").done().out()).contains("1MiB a second");
      daemon.connect("db").close();
      assertThat(first.blockCountNow()).isEqualTo(MIB / BLOCK);
      configure(disks + "limits: {login_seconds: 3}\n");
      assertThat(daemon.run("reload").failed().err()).contains("limits", "restart");
    }
  }

  @Test
  void whatCannotBeAppliedIsSaidAndNothingIsHalfApplied() throws Exception {
    String good = "disks: {db: {size: 1MiB}}\n";
    try (Daemon daemon = serving(good)) {
      JsonNode before = status(daemon);
      String disks = daemon.run("disk", "list", "--json").done().out();
      for (String[] wrong :
          new String[][] {
            {"disks: {db: {size: 2MiB, colour: red}}\n", "everwhen.yaml:1: unknown key 'colour'"},
            {"disks: {db: {size: 2MiB, block_size: 4096}, a: {size: 1MiB}}\n", "blocks of 512"},
            {"limits: {login_seconds: 3}\ndisks: {db: {size: 2MiB}}\n", "limits"},
            {"disks: {db: {size: 2MiB}, a: {size: 1MiB, journal_size: 1}}\n", "journal_size of a"},
            {
              "disks: {db: {size: 2MiB}, a: {size: 1MiB, journal: /proc/none}}\n",
              "nothing was changed"
            },
            {"disks: {a: {size: 1MiB, networks: [10.0.0.0/8]}}\n", "says nothing of db"},
            {"disks: {db: {size: 2MiB}}\ntargets: {t: {luns: {0: nosuch}}}\n", "not under 'disks'"}
          }) {
        configure(wrong[0]);
        assertThat(daemon.run("reload").failed().err()).contains("nothing was changed", wrong[1]);
        assertThat(daemon.run("disk", "list", "--json").done().out())
            .as("the disks after %s", wrong[0])
            .isEqualTo(disks);
        assertThat(status(daemon).path("targets")).isEqualTo(before.path("targets"));
        assertThat(status(daemon).path("portals")).isEqualTo(before.path("portals"));
      }
      configure(good);
      assertThat(daemon.run("reload").done().out()).contains("nothing has changed");
    }
  }

  @Test
  void portalsOpenAndCloseWhileOthersServe() throws Exception {
    int second = Ports.free();
    int third = Ports.free();
    Path config = configure(portals("127.0.0.1:" + second));
    try (Daemon daemon = Daemon.withoutListen(directory, "--config", config.toString()).start()) {
      String target = "/iqn.2026-11.io.everwhen:db/0";
      try (LibiscsiInitiator initiator =
          LibiscsiInitiator.connect("iscsi://127.0.0.1:" + second + target)) {
        configure(portals("127.0.0.1:" + second, "{address: '[::1]:" + third + "', group: 2}"));
        daemon.run("reload").done();
        LibiscsiInitiator.connect("iscsi://[::1]:" + third + target).close();
        assertThat(daemon.run("status").done().out())
            .contains("127.0.0.1:" + second, "[0:0:0:0:0:0:0:1]:" + third + " (group 2)");
        configure(portals("127.0.0.1:" + second));
        daemon.run("reload").done();
        assertThatThrownBy(() -> LibiscsiInitiator.connect("iscsi://[::1]:" + third + target))
            .isInstanceOf(InitiatorException.class);
        // A portal group is a target port, and those are told of.
        LibiscsiInitiator.attentive(() -> initiator.read(0, 1));
        initiator.write(0, new byte[BLOCK], true);
      }
    }
  }

  private static String portals(String... portals) {
    StringBuilder text = new StringBuilder("disks: {db: {size: 1MiB}}\nportals:\n");
    for (String portal : portals) {
      text.append("  - ").append(portal).append('\n');
    }
    return text.toString();
  }
}
