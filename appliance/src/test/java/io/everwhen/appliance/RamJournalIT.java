package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.appliance.testing.QemuImg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal in RAM: what it survives, and what becomes of the disk when it is lost. */
class RamJournalIT {

  private static final int BLOCK = 512;
  private static final int BYTES = 16 << 20;

  @TempDir private Path directory;

  @BeforeEach
  void need() throws Exception {
    Needs.root("mount a volume in RAM");
    LibiscsiInitiator.need();
    QemuImg.need();
  }

  private byte[] served(Daemon daemon, String disk) throws Exception {
    Path copy = directory.resolve("served");
    Files.deleteIfExists(copy);
    QemuImg.download(daemon.url(disk), copy);
    return Files.readAllBytes(copy);
  }

  private void mount(Path volume) throws Exception {
    Processes.output(
        directory, "mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", volume.toString());
  }

  @Test
  void itOutlivesTheDaemonAndWhenItIsLostTheImageBecomesANewDisk() throws Exception {
    Path volume = Files.createDirectory(directory.resolve("journal"));
    mount(volume);
    byte[] content = new byte[BYTES];
    try (Daemon daemon = new Daemon(directory, "--disk", "db=16MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        daemon.run("mark", "db", "empty").done();
        byte[] piece = new byte[1 << 20];
        new SplittableRandom().nextBytes(piece);
        initiator.write(1 << 11, piece, true);
        System.arraycopy(piece, 0, content, BLOCK << 11, piece.length);
      }
      daemon.kill();
      daemon.start();
      assertThat(served(daemon, "db")).isEqualTo(content);
      Path past = directory.resolve("past");
      daemon.run("restore", "db", "--at", "mark:empty", "--to", past.toString()).done();
      assertThat(past).hasBinaryContent(new byte[BYTES]);
      assertThat(daemon.terminate()).as(daemon.output()).isZero();

      Processes.output(directory, "umount", volume.toString());
      assertThat(daemon.runToEnd()).isNotZero();
      assertThat(daemon.output()).contains("the journal of db is not in");
      // What the guide says: out of the way, and back as a disk that begins with it.
      mount(volume);
      Path lost = directory.resolve("lost");
      Files.move(daemon.data().resolve("disks/db"), lost);
      daemon
          .run(
              "disk",
              "add",
              "db",
              "--from",
              lost.resolve("image").toString(),
              "--journal",
              volume.resolve("db").toString())
          .done();
      daemon.start();
      assertThat(served(daemon, "db")).isEqualTo(content);
      daemon.run("verify", "db").done();
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
    } finally {
      if (Files.readString(Path.of("/proc/mounts")).contains(" " + volume.toRealPath() + " ")) {
        Processes.output(directory, "umount", "-l", volume.toString());
      }
    }
  }
}
