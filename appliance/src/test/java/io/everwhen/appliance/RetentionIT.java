package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A daemon that thins what gets old: less is stored, and what was kept is right. */
class RetentionIT {

  private static final int PAUSES = 4;
  private static final int BLOCK = 512;
  private static final int PIECE = 256 << 10;
  private static final int PIECES = 16;
  private static final int VERSIONS = 60;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final String DISKS = "disks: {db: {size: 4MiB}}\n";

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private Path configure(String text) throws IOException {
    return Files.writeString(directory.resolve("everwhen.yaml"), text);
  }

  private static JsonNode status(Daemon daemon) {
    return Cli.run("status", "--json", "--data", daemon.data().toString())
        .done()
        .json()
        .getFirst()
        .path("disks")
        .path(0);
  }

  private static JsonNode await(Daemon daemon, Predicate<JsonNode> wanted)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    JsonNode last = status(daemon);
    while (!wanted.test(last) && System.nanoTime() < deadline) {
      Thread.sleep(500);
      last = status(daemon);
    }
    assertThat(wanted.test(last)).as("%s%n%s", last, daemon.output()).isTrue();
    return last;
  }

  /** Every sector says which version it is of. */
  private static byte[] piece(int version) {
    ByteBuffer data = ByteBuffer.allocate(PIECE);
    for (int at = 0; at < PIECE; at += BLOCK) {
      data.putInt(at, version).putLong(at + 8, version * 0x9E3779B97F4A7C15L);
    }
    return data.array();
  }

  /** The newest version on a disk, which has overwritten the one before up to some place. */
  private static int checkedVersion(Path restored) throws IOException {
    ByteBuffer data = ByteBuffer.wrap(Files.readAllBytes(restored));
    int newest = data.getInt(0);
    int before = newest;
    for (int at = 0; at < data.limit(); at += BLOCK) {
      int version = data.getInt(at);
      assertThat(version).isBetween(Math.max(0, newest - 1), before);
      assertThat(data.getLong(at + 8)).isEqualTo(version * 0x9E3779B97F4A7C15L);
      before = version;
    }
    return newest;
  }

  private static Outcome restore(String data, String at, Path to) {
    return Cli.run("restore", "--data", data, "db", "--at", at, "--to", to.toString()).done();
  }

  @Test
  void whatGetsOldIsThinnedAndWhatIsKeptIsAsItWas() throws Exception {
    Path config = configure(DISKS);
    try (Daemon daemon = new Daemon(directory, "--config", config.toString()).start()) {
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        for (int version = 1; version <= VERSIONS; version++) {
          for (int i = 0; i < PIECES; i++) {
            initiator.write((long) i * PIECE / BLOCK, piece(version), false);
          }
          if (version % (VERSIONS / PAUSES) == 0) {
            // However fast the disk is, several full seconds lie in between.
            Thread.sleep(1100);
          }
        }
        initiator.flush();
      }
      long before = status(daemon).path("journal_bytes").asLong();
      String data = daemon.data().toString();
      Cli.run("mark", "--data", data, "db", "named").done();
      configure(DISKS + "retention: every instant for 1s, then every 1s for 9000s\n");
      assertThat(Cli.run("reload", "--data", data).done().out())
          .contains("histories are thinned: every instant for 1s, then every 1s for 150m");
      JsonNode thinned =
          await(daemon, disk -> disk.path("journal_bytes").asLong() < before * 3 / 4);
      assertThat(thinned.path("every_instant_since").asString())
          .isGreaterThan(thinned.path("horizon_time").asString());
      assertThat(Cli.run("status", "--data", data).done().out()).contains("every instant since");

      List<JsonNode> timeline = Cli.run("timeline", "--json", "--data", data, "db").done().json();
      List<JsonNode> kept =
          timeline.stream().filter(entry -> entry.path("kept").asBoolean()).toList();
      assertThat(kept).hasSizeLessThan(VERSIONS * PIECES);
      int last = 0;
      int step = Math.max(1, kept.size() / 20);
      for (int i = 0; i < kept.size(); i += step) {
        long sequence = kept.get(i).path("sequence").asLong();
        Path restored = directory.resolve("restored-" + sequence);
        restore(data, "seq:" + sequence, restored);
        int version = checkedVersion(restored);
        assertThat(version).isGreaterThanOrEqualTo(last);
        last = version;
        Files.delete(restored);
      }
      assertThat(last).isGreaterThan(VERSIONS / 2);

      JsonNode gone =
          timeline.stream()
              .filter(entry -> !entry.path("kept").asBoolean())
              .findFirst()
              .orElseThrow();
      Outcome coarse = restore(data, gone.path("time").asString(), directory.resolve("coarse"));
      assertThat(coarse.out()).contains("the next instant that was kept is seq:");
      restore(data, "mark:named", directory.resolve("named"));
      assertThat(checkedVersion(directory.resolve("named"))).isEqualTo(VERSIONS);
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      Cli.run("verify", "--journal", daemon.journal().resolve("db").toString()).done();
    }
  }
}
