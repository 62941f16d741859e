package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The packaged daemon's disks are rewound while an initiator that is not ours uses them. */
class RewindIT {

  private static final int BLOCK = 512;
  private static final int BYTES = 32 << 20;
  private static final int PIECE_BLOCKS = 4096;
  private static final int CHANGES = 80;

  private static final int REGISTER_AND_IGNORE = 6;
  private static final int RESERVE = 1;
  private static final int WRITE_EXCLUSIVE = 1;

  @TempDir private Path directory;
  private final SplittableRandom random = new SplittableRandom();
  private final byte[] content = new byte[BYTES];

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private void change(LibiscsiInitiator initiator) throws InitiatorException {
    for (int i = 0; i < CHANGES; i++) {
      int length = BLOCK * (1 + random.nextInt(random.nextInt(4) == 0 ? 2048 : 64));
      int block = random.nextInt((BYTES - length) / BLOCK);
      byte[] data = new byte[length];
      if (random.nextInt(5) == 0) {
        initiator.unmap(block, length / BLOCK);
      } else {
        random.nextBytes(data);
        initiator.write(block, data, false);
      }
      System.arraycopy(data, 0, content, block * BLOCK, length);
    }
  }

  private static byte[] all(LibiscsiInitiator initiator) throws InitiatorException {
    byte[] all = new byte[BYTES];
    for (int block = 0; block < BYTES / BLOCK; block += PIECE_BLOCKS) {
      System.arraycopy(
          initiator.read(block, PIECE_BLOCKS), 0, all, block * BLOCK, PIECE_BLOCKS * BLOCK);
    }
    return all;
  }

  /** The initiator is told once, and is still logged in. */
  private static void isTold(LibiscsiInitiator initiator) throws InitiatorException {
    assertThatThrownBy(() -> initiator.read(0, 1))
        .hasMessageContaining(LibiscsiInitiator.ATTENTION);
    initiator.read(0, 1);
  }

  @Test
  void aDiskBecomesItsPastInPlaceAndBackAndNobodyIsLoggedOut() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=32MiB").start()) {
      long before;
      byte[] good;
      byte[] bad;
      try (LibiscsiInitiator live = daemon.connect("db")) {
        change(live);
        daemon.run("mark", "db", "good").done();
        good = content.clone();
        change(live);
        bad = content.clone();

        JsonNode done =
            daemon.run("rewind", "db", "--json", "--at", "mark:good").done().json().getFirst();
        before = done.path("sequence").asLong() - 1;
        isTold(live);
        assertThat(all(live)).isEqualTo(good);
        System.arraycopy(good, 0, content, 0, BYTES);
        change(live);
        assertThat(all(live)).isEqualTo(content);
      }
      byte[] changed = content.clone();
      // In the middle of whatever it still fills in.
      daemon.kill();
      daemon.start();
      try (LibiscsiInitiator live = daemon.connect("db")) {
        assertThat(all(live)).isEqualTo(changed);
        assertThat(daemon.run("rewind", "db", "--at", "seq:" + before).done().out())
            .contains("db is as it was after seq:" + before, "what it was before is at seq:");
        isTold(live);
        assertThat(all(live)).isEqualTo(bad);
        Path restored = directory.resolve("restored");
        daemon.run("restore", "db", "--at", "now", "--to", restored.toString()).done();
        assertThat(Files.readAllBytes(restored)).isEqualTo(bad);
        daemon
            .run("restore", "db", "--at", "mark:good", "--force", "--to", restored.toString())
            .done();
        assertThat(Files.readAllBytes(restored)).isEqualTo(good);
      }
      assertThat(daemon.run("timeline", "db").done().out()).contains("rewind", "to seq:" + before);
      daemon.run("verify").done();
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      daemon.run("rewind", "db", "--at", "mark:good").done();
      daemon.start();
      try (LibiscsiInitiator live = daemon.connect("db")) {
        assertThat(all(live)).isEqualTo(good);
      }
    }
  }

  @Test
  void aCleanInstantIsTheLastFlushBeforeIt() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=32MiB").start();
        LibiscsiInitiator live = daemon.connect("db")) {
      change(live);
      assertThat(daemon.run("rewind", "db", "--at", "now", "--clean").failed().err())
          .contains("no initiator has flushed db at or before 'now'");
      live.flush();
      byte[] flushed = content.clone();
      change(live);
      Path restored = directory.resolve("restored");
      daemon.run("restore", "db", "--at", "now", "--clean", "--to", restored.toString()).done();
      assertThat(Files.readAllBytes(restored)).isEqualTo(flushed);
      daemon.run("rewind", "db", "--at", "clean:now").done();
      isTold(live);
      assertThat(all(live)).isEqualTo(flushed);
    }
  }

  @Test
  void whatCannotBeRewoundStaysAsItIs() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=32MiB").start();
        LibiscsiInitiator live = daemon.connect("db")) {
      change(live);
      assertThat(daemon.run("rewind", "db", "--at", "1 day ago").failed().err())
          .contains("is before the horizon");
      assertThat(daemon.run("rewind", "db", "--at", "mark:none").failed().err())
          .contains("there is no mark 'none'");
      assertThat(daemon.run("rewind", "db", "--at", "someday").refused().err())
          .contains("'someday' is not an instant");
      assertThat(daemon.run("rewind", "other", "--at", "now").failed().err())
          .contains("there is no disk other");
      live.reserve(REGISTER_AND_IGNORE, 0, 0, 0xa, false);
      live.reserve(RESERVE, WRITE_EXCLUSIVE, 0xa, 0, false);
      assertThat(daemon.run("rewind", "db", "--at", "seq:0").failed().err())
          .contains("db is reserved by iqn.2026-11.io.everwhen.test:initiator", "--force");
      assertThat(all(live)).isEqualTo(content);
      daemon.run("rewind", "db", "--at", "seq:0", "--force").done();
      isTold(live);
      assertThat(all(live)).isEqualTo(new byte[BYTES]);
    }
  }
}
