package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.FullVolume;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.appliance.testing.QemuImg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk of the packaged daemon that goes on when the volume of its journal is full. */
class UnprotectedIT {

  private static final int BLOCK = 512;
  private static final int BYTES = 64 << 20;
  private static final int PIECE = 1 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private final SplittableRandom random = new SplittableRandom();
  private final byte[] content = new byte[BYTES];

  @BeforeEach
  void need() throws Exception {
    Needs.root("mount a small volume");
    LibiscsiInitiator.need();
    QemuImg.need();
  }

  private void write(LibiscsiInitiator initiator) throws Exception {
    byte[] piece = new byte[PIECE];
    random.nextBytes(piece);
    int at = random.nextInt(BYTES / PIECE) * PIECE;
    initiator.write(at / BLOCK, piece, false);
    System.arraycopy(piece, 0, content, at, PIECE);
  }

  private static boolean unprotected(Daemon daemon) {
    return daemon
        .run("status", "--json")
        .done()
        .json()
        .getFirst()
        .path("disks")
        .path(0)
        .has("unprotected_since");
  }

  private byte[] served(Daemon daemon) throws Exception {
    Path copy = directory.resolve("served");
    Files.deleteIfExists(copy);
    QemuImg.download(daemon.url("db"), copy);
    return Files.readAllBytes(copy);
  }

  private byte[] restored(Daemon daemon, String at) throws IOException {
    Path copy = directory.resolve("restored");
    Files.deleteIfExists(copy);
    daemon.run("restore", "db", "--at", at, "--to", copy.toString()).done();
    return Files.readAllBytes(copy);
  }

  @Test
  void itGoesOnWithAGapAndIsRecordedAgainWhenThereIsRoom() throws Exception {
    Path volume = Files.createDirectory(directory.resolve("journal"));
    Processes.output(
        directory, "mount", "-t", "tmpfs", "-o", "size=768m", "tmpfs", volume.toString());
    Path config = directory.resolve("everwhen.yaml");
    Files.writeString(config, "when_full: unprotected\ndisks: {db: {size: 64MiB}}\n");
    try (Daemon daemon = new Daemon(directory, "--config", config.toString()).start()) {
      byte[] before;
      Path ballast = volume.resolve("ballast");
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        write(initiator);
        daemon.run("mark", "db", "before").done();
        before = content.clone();
        Thread.sleep(1500); // the room for a note is set aside behind the first changes
        FullVolume.fill(ballast);
        for (int i = 0; i < 400 && !unprotected(daemon); i++) {
          write(initiator);
        }
        assertThat(unprotected(daemon)).as(daemon.output()).isTrue();
        write(initiator);
        initiator.flush();
      }
      assertThat(served(daemon)).isEqualTo(content);
      assertThat(daemon.run("status").done().out()).contains("UNPROTECTED since");
      assertThat(daemon.run("restore", "db", "--at", "now", "--to", "x").failed().err())
          .contains("is in a gap", "changes were not recorded", "The last instant before it is");
      assertThat(daemon.run("mark", "db", "lost").failed().err())
          .contains("no instant can be named now: UNPROTECTED since");
      assertThat(daemon.run("rewind", "db", "--at", "mark:before").failed().err())
          .contains("UNPROTECTED since");
      daemon.kill();
      daemon.start();
      assertThat(served(daemon)).isEqualTo(content);
      Files.delete(ballast);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (unprotected(daemon)) {
        assertThat(System.nanoTime()).as(daemon.output()).isLessThan(deadline);
        Thread.sleep(200);
      }
      assertThat(restored(daemon, "now")).isEqualTo(content);
      assertThat(restored(daemon, "mark:before")).isEqualTo(before);
      assertThat(daemon.run("timeline", "db", "--events").done().out())
          .contains(
              "no changes were recorded after seq:", "all is recorded that was changed after");
      daemon.run("rewind", "db", "--at", "mark:before").done();
      assertThat(served(daemon)).isEqualTo(before);
      daemon.run("verify", "db").done();
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
    } finally {
      Processes.output(directory, "umount", "-l", volume.toString());
    }
  }
}
