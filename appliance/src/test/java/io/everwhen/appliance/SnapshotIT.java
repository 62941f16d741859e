package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Instants that an operator holds, while the journal is too small for what is written after. */
class SnapshotIT {

  private static final int PIECE = 1 << 20;
  private static final int PIECES = 8;
  private static final int VERSIONS_OVER_THE_SIZE = 30;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private static byte[] content(int version) {
    byte[] content = new byte[PIECE];
    Arrays.fill(content, (byte) version);
    return content;
  }

  private static void overwrite(LibiscsiInitiator initiator, int version) throws Exception {
    for (int piece = 0; piece < PIECES; piece++) {
      initiator.write((long) piece * PIECE / initiator.blockSize(), content(version), false);
    }
  }

  private void assertRestores(Daemon daemon, String at, int version) throws IOException {
    Path to = directory.resolve("restored");
    daemon.run("restore", "db", "--at", at, "--to", to.toString(), "--force").done();
    byte[] restored = Files.readAllBytes(to);
    assertThat(restored).hasSize(PIECES * PIECE);
    for (int piece = 0; piece < PIECES; piece++) {
      assertThat(
              Arrays.equals(
                  restored, piece * PIECE, (piece + 1) * PIECE, content(version), 0, PIECE))
          .as("piece %d of %s", piece, at)
          .isTrue();
    }
  }

  private static JsonNode disk(Daemon daemon) {
    String json = daemon.run("status", "--json").out();
    return new Outcome(List.of(), 0, json, "").json().getFirst().path("disks").path(0);
  }

  private static List<String> names(Daemon daemon) {
    return daemon
        .run("snapshot", "list", "db", "--json")
        .done()
        .json()
        .getFirst()
        .path("snapshots")
        .valueStream()
        .map(snapshot -> snapshot.path("name").asString())
        .toList();
  }

  private static void awaitHorizonBehind(Daemon daemon, long sequence) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (disk(daemon).path("horizon_sequence").asLong() <= sequence
        && System.nanoTime() < deadline) {
      Thread.sleep(500);
    }
    assertThat(disk(daemon).path("horizon_sequence").asLong()).isGreaterThan(sequence);
  }

  @Test
  void whatIsHeldCanBeRestoredWhenTheJournalHasBecomeTooSmallForWhatCameAfter() throws Exception {
    Path config =
        Files.writeString(
            directory.resolve("everwhen.yaml"),
            "disks: {db: {size: 8MiB, journal_size: 128MiB}}\n");
    try (Daemon daemon = new Daemon(directory, "--config", config.toString()).start()) {
      long first;
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        overwrite(initiator, 1);
        daemon.run("mark", "db", "past").done();
        overwrite(initiator, 2);
        JsonNode created =
            daemon
                .run("snapshot", "create", "db", "before upgrade", "--json")
                .done()
                .json()
                .getFirst();
        first = created.path("sequence").asLong();
        overwrite(initiator, 3);
        assertThat(daemon.run("snapshot", "pin", "db", "--at", "mark:past").done().out())
            .startsWith("snapshot of db: snapshot:past is seq:");
        assertThat(daemon.run("snapshot", "pin", "db", "--at", "now").done().out())
            .contains("snapshot:snapshot-");
        assertThat(daemon.run("snapshot", "create", "db", "before upgrade").failed().err())
            .contains("there is a snapshot 'before upgrade' already");
        for (int version = 4; version < 4 + VERSIONS_OVER_THE_SIZE; version++) {
          overwrite(initiator, version);
        }
        initiator.flush();
      }
      daemon.run("snapshot", "pin", "db", "--at", "now", "--as", "last").done();
      assertThat(names(daemon)).hasSize(4).startsWith("past", "before upgrade");
      String listed = daemon.run("snapshot", "list", "db").done().out();
      assertThat(listed.lines().toList().get(1))
          .startsWith("'snapshot:before upgrade' ")
          .contains(" seq:" + first + " ");
      assertThat(daemon.run("status").done().out())
          .containsPattern("snapshots +4, the oldest snapshot:past of 20");
      assertThat(disk(daemon).path("snapshots").path("count").asInt()).isEqualTo(4);
      assertRestores(daemon, "snapshot:past", 1);
      assertRestores(daemon, "snapshot:before upgrade", 2);
      assertRestores(daemon, "mark:before upgrade", 2);
      assertRestores(daemon, "snapshot:last", 3 + VERSIONS_OVER_THE_SIZE);
      assertThat(daemon.run("restore", "db", "--at", "snapshot:lasst", "--to", "x").failed().err())
          .contains("there is no snapshot 'lasst'; did you mean last");

      assertThat(daemon.run("snapshot", "delete", "db", "pst").failed().err())
          .contains("there is no snapshot 'pst'; did you mean past");
      for (String name : names(daemon).subList(0, 3)) {
        daemon.run("snapshot", "delete", "db", name).done();
      }
      awaitHorizonBehind(daemon, first);
      assertThat(daemon.run("restore", "db", "--at", "seq:" + first, "--to", "x").failed().err())
          .contains("horizon");

      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      assertThat(names(daemon)).containsExactly("last");
      assertThat(
              Cli.run("snapshot", "list", "db", "--journal", daemon.journal().toString())
                  .done()
                  .out())
          .startsWith("snapshot:last ");
      daemon.run("snapshot", "create", "db", "at rest").done();
      daemon.run("snapshot", "pin", "db", "--at", "snapshot:last", "--as", "again").done();
      assertThat(daemon.run("snapshot", "create", "db", "again").failed().err())
          .contains("there is a snapshot 'again' already");
      assertThat(daemon.run("snapshot", "delete", "db", "lst").failed().err())
          .contains("did you mean last");
      daemon.run("snapshot", "delete", "db", "last").done();
      assertThat(names(daemon)).containsExactly("again", "at rest");
      assertThat(disk(daemon).path("snapshots").path("oldest").path("name").asString())
          .isEqualTo("again");
      assertRestores(daemon, "snapshot:again", 3 + VERSIONS_OVER_THE_SIZE);
      Cli.run("verify", "--journal", daemon.journal().resolve("db").toString()).done();
    }
  }

  @Test
  void aSnapshotIsOfAllDisksOfAGroup() throws Exception {
    try (Daemon daemon =
        new Daemon(directory, "--disk", "a=1MiB", "--disk", "b=1MiB", "--group", "g=a,b").start()) {
      daemon.run("snapshot", "create", "a", "both").done();
      Outcome list = daemon.run("snapshot", "list", "b").done();
      assertThat(list.out()).startsWith("snapshot:both ");
      assertThat(list.err()).contains("each is of all disks of the group: a, b");
      assertThat(daemon.run("snapshot", "create", "b", "both").failed().err()).contains("already");
      assertThat(daemon.run("snapshot", "create", "b", " ").refused().err()).contains("blank");
      assertThat(daemon.run("snapshot", "list", "c").failed().err()).contains("no disk c");
    }
  }
}
