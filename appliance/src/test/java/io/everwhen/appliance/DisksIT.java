package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What an operator does to disks while initiators use them. */
class DisksIT {

  private static final int BLOCK = 512;
  private static final int MIB = 1 << 20;

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private static byte[] filled(int with) {
    byte[] block = new byte[BLOCK];
    Arrays.fill(block, (byte) with);
    return block;
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private static JsonNode disk(Daemon daemon, String name) {
    for (JsonNode disk :
        daemon.run("disk", "list", "--json").done().json().getFirst().path("disks")) {
      if (disk.path("name").asString().equals(name)) {
        return disk;
      }
    }
    throw new AssertionError("no disk " + name);
  }

  @Test
  void anInitiatorThatIsLoggedInSeesADiskGrowAndShrinkAndThePastKeepsEverySize() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=1MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        initiator.write(0, filled(1), false);
        daemon.run("mark", "db", "small").done();

        assertThat(daemon.run("disk", "resize", "db", "3MiB").done().out())
            .contains("db has 3MiB now");
        assertThatThrownBy(() -> initiator.read(0, 1))
            .hasMessageContaining(LibiscsiInitiator.ATTENTION);
        assertThat(initiator.blockCountNow()).isEqualTo(3 * MIB / BLOCK);
        initiator.write(5000, filled(2), true);
        daemon.run("mark", "db", "large").done();
        daemon.kill();
      }
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertThat(initiator.blockCount()).as("after SIGKILL").isEqualTo(3 * MIB / BLOCK);
        assertThat(initiator.read(5000, 1)).isEqualTo(filled(2));

        assertThat(daemon.run("disk", "resize", "db", "2MiB").failed().err())
            .contains("--force", "3MiB");
        daemon.run("disk", "resize", "db", "2MiB", "--force").done();
        assertThat(initiator.blockCountNow()).isEqualTo(2 * MIB / BLOCK);
        assertThatThrownBy(() -> initiator.read(5000, 1)).isInstanceOf(InitiatorException.class);
        assertThat(initiator.read(0, 1)).isEqualTo(filled(1));
        daemon.run("disk", "resize", "db", "4MiB").done();
        assertThat(initiator.blockCountNow()).isEqualTo(4 * MIB / BLOCK);
        assertThat(initiator.read(5000, 1)).isEqualTo(new byte[BLOCK]);
      }
      assertThat(restored(daemon, "mark:small")).hasSize(MIB);
      byte[] large = restored(daemon, "mark:large");
      assertThat(large).hasSize(3 * MIB);
      assertThat(Arrays.copyOfRange(large, 5000 * BLOCK, 5001 * BLOCK)).isEqualTo(filled(2));
      assertThat(restored(daemon, "now")).hasSize(4 * MIB);
      assertThat(daemon.run("timeline", "db").done().out())
          .contains("resize", "now 3MiB", "now 2MiB", "now 4MiB");
      daemon.run("verify", "db").done();
      assertThat(disk(daemon, "db").path("size").asLong()).isEqualTo(4 * MIB);
    }
  }

  private byte[] restored(Daemon daemon, String instant) throws IOException {
    daemon.run("restore", "db", "--at", instant, "--to", file("restored"), "--force").done();
    return Files.readAllBytes(directory.resolve("restored"));
  }

  @Test
  void aSizeThatMakesNoSenseIsRefusedAndChangesNothing() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=1MiB").start()) {
      assertThat(daemon.run("disk", "resize", "db", "1000001").failed().err())
          .contains("not a multiple");
      assertThat(daemon.run("disk", "resize", "db", "65TiB").failed().err()).contains("64TiB");
      assertThat(daemon.run("disk", "resize", "dbs", "2MiB").failed().err())
          .contains("no disk dbs", "db");
      assertThat(disk(daemon, "db").path("size").asLong()).isEqualTo(MIB);
    }
  }

  @Test
  void aDiskBecomesReadOnlyAtOnceAndStaysSoOverAKill() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=1MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        initiator.write(0, filled(1), false);
        daemon.run("disk", "set", "db", "--read-only").done();
        LibiscsiInitiator.attentive(() -> initiator.read(0, 1));
        assertThatThrownBy(() -> initiator.write(0, filled(2), false))
            .hasMessageContaining("WRITE_PROTECTED");
        assertThat(initiator.read(0, 1)).isEqualTo(filled(1));
      }
      daemon.kill();
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertThatThrownBy(() -> initiator.write(0, filled(2), false))
            .hasMessageContaining("WRITE_PROTECTED");
        assertThat(disk(daemon, "db").path("read_only").asBoolean()).isTrue();
        daemon.run("disk", "set", "db", "--read-write").done();
        LibiscsiInitiator.attentive(() -> initiator.read(0, 1));
        initiator.write(0, filled(3), false);
        assertThat(initiator.read(0, 1)).isEqualTo(filled(3));
      }
    }
  }

  @Test
  void aDiskThatIsAddedIsServedAtOnceAndAfterAKill() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=1MiB").start();
        LibiscsiInitiator beside = daemon.connect("db")) {
      assertThat(daemon.run("disk", "add", "logs=2MiB").done().out()).contains(":logs");
      try (LibiscsiInitiator initiator = daemon.connect("logs")) {
        initiator.write(7, filled(7), true);
      }
      assertThat(daemon.run("disk", "add", "logs=2MiB").failed().err()).contains("already");
      beside.write(0, filled(1), false);
      daemon.kill();
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("logs")) {
        assertThat(initiator.read(7, 1)).isEqualTo(filled(7));
      }
      assertThat(Files.exists(daemon.journal().resolve("logs/group"))).isTrue();
    }
  }

  @Test
  void aDiskThatIsRemovedIsGoneForInitiatorsAndItsHistoryCanStillBeRestored() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=1MiB").start()) {
      assertThat(daemon.run("disk", "remove", "db", "--force").failed().err()).contains("names db");
      daemon.run("disk", "add", "logs=1MiB").done();
      String history;
      try (LibiscsiInitiator initiator = daemon.connect("logs")) {
        initiator.write(7, filled(7), false);
        assertThat(daemon.run("disk", "remove", "logs").failed().err())
            .contains("in use by iqn.2026-11.io.everwhen.test:initiator", "--force");
        initiator.write(8, filled(8), false);
        JsonNode removed =
            daemon.run("disk", "remove", "logs", "--force", "--json").done().json().getFirst();
        history = removed.path("journal").asString();
        assertThatThrownBy(() -> initiator.read(7, 1)).isInstanceOf(InitiatorException.class);
      }
      assertThatThrownBy(() -> daemon.connect("logs")).isInstanceOf(InitiatorException.class);
      assertThat(daemon.run("restore", "logs", "--at", "now", "--to", file("out")).failed().err())
          .contains("was removed", history);
      Cli.run("restore", "logs", "--at", "now", "--to", file("out"), "--journal", history).done();
      byte[] restored = Files.readAllBytes(directory.resolve("out"));
      assertThat(Arrays.copyOfRange(restored, 8 * BLOCK, 9 * BLOCK)).isEqualTo(filled(8));
      assertThat(daemon.run("disk", "list").done().out()).contains("removed", history);

      daemon.run("disk", "add", "logs=2MiB").done();
      daemon.kill();
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("logs")) {
        assertThat(initiator.blockCount()).isEqualTo(2 * MIB / BLOCK);
        assertThat(initiator.read(7, 1)).isEqualTo(new byte[BLOCK]);
      }
      Cli.run("verify", "--journal", history).done();
    }
  }

  @Test
  void onlyWhoSaysSoDeletesTheHistoryOfADisk() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=1MiB").start()) {
      daemon.run("disk", "add", "logs=1MiB").done();
      daemon.run("disk", "remove", "logs", "--delete-history").done();
      try (Stream<Path> left = Files.walk(directory)) {
        assertThat(left.filter(path -> path.toString().contains("logs"))).isEmpty();
      }
      assertThat(daemon.run("restore", "logs", "--at", "now", "--to", file("out")).failed().err())
          .contains("no disk logs");
    }
  }

  @Test
  void withoutADaemonTheSameIsDoneToTheDataDirectory() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=1MiB").start()) {
      assertThat(daemon.terminate()).isZero();
      daemon.run("disk", "add", "logs=1MiB", "--read-only", "--journal", file("elsewhere")).done();
      daemon.run("disk", "resize", "db", "2MiB").done();
      assertThat(daemon.run("disk", "resize", "db", "1MiB").failed().err()).contains("--force");
      daemon.run("disk", "set", "db", "--read-only").done();
      assertThat(disk(daemon, "db").path("size").asLong()).isEqualTo(2 * MIB);
      assertThat(daemon.run("reload").failed().err()).contains("no daemon");
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertThat(initiator.blockCount()).isEqualTo(2 * MIB / BLOCK);
        assertThatThrownBy(() -> initiator.write(0, filled(1), false))
            .hasMessageContaining("WRITE_PROTECTED");
      }
      daemon.connect("logs").close();
      assertThat(Files.exists(directory.resolve("elsewhere/group"))).isTrue();
      daemon.terminate();
      daemon.run("disk", "remove", "logs").done();
      daemon.start();
      assertThatThrownBy(() -> daemon.connect("logs")).isInstanceOf(InitiatorException.class);
    }
  }
}
