package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does to an appliance, and what must not go wrong then. */
class OperationsIT {

  private static final int BLOCK = 64 << 10;
  private static final int BLOCKS = 256;

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private static byte[] content(int version) {
    byte[] content = new byte[BLOCK];
    new SplittableRandom(version).nextBytes(content);
    return content;
  }

  private static void write(LibiscsiInitiator initiator, int version) throws InitiatorException {
    long block = (long) (version % BLOCKS) * BLOCK / initiator.blockSize();
    initiator.write(block, content(version), false);
  }

  @Test
  void sigtermUnderLoadEndsItCleanlyAndKeepsEverythingAcknowledged() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      AtomicInteger acknowledged = new AtomicInteger();
      Thread load =
          Thread.ofPlatform()
              .start(() -> {
                try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
                  while (true) {
                    write(initiator, acknowledged.get());
                    acknowledged.incrementAndGet();
                  }
                } catch (InitiatorException e) {
                  // The daemon has ended.
                }
              });
      while (acknowledged.get() < 1000) {
        Thread.sleep(10);
      }
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      load.join();
      daemon.start();
      int written = acknowledged.get();
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        int blocks = BLOCK / initiator.blockSize();
        for (int version = written - BLOCKS + 1; version < written; version++) {
          byte[] read = initiator.read((long) (version % BLOCKS) * blocks, blocks);
          assertThat(Arrays.equals(read, content(version)))
              .as("write %d of %d", version, written)
              .isTrue();
        }
      }
    }
  }

  @Test
  void theJournalAloneRebuildsTheDisk() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        for (int version = 0; version < BLOCKS; version++) {
          write(initiator, version);
        }
      }
      daemon.kill();
      delete(daemon.data());
      Path image = directory.resolve("rebuilt.img");
      Outcome lost =
          daemon.run("restore", "disk0", "--at", "now", "--to", image.toString()).failed();
      assertThat(lost.err()).contains("--journal");
      Cli.run(
              "restore",
              "disk0",
              "--at",
              "now",
              "--to",
              image.toString(),
              "--journal",
              daemon.journal().toString())
          .done();
      Cli.run("verify", "--journal", daemon.journal().toString()).done();
      byte[] rebuilt = Files.readAllBytes(image);
      for (int version = 0; version < BLOCKS; version++) {
        int at = version * BLOCK;
        assertThat(Arrays.equals(rebuilt, at, at + BLOCK, content(version), 0, BLOCK))
            .as("block %d", version)
            .isTrue();
      }
    }
  }

  @Test
  void aMissingJournalIsNeverReplacedByAnEmptyOne() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        write(initiator, 1);
      }
      daemon.terminate();
      Path elsewhere = directory.resolve("elsewhere");
      Files.move(daemon.journal(), elsewhere);
      assertThat(daemon.runToEnd()).isEqualTo(1);
      assertThat(daemon.output())
          .contains("the journal of disk0 is not in " + daemon.journal().resolve("disk0"));
      Files.deleteIfExists(daemon.journal().resolve("disk0"));
      Files.deleteIfExists(daemon.journal());
      Files.move(elsewhere, daemon.journal());
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        int blocks = BLOCK / initiator.blockSize();
        assertThat(initiator.read(blocks, blocks)).isEqualTo(content(1));
      }
    }
  }

  @Test
  void marksAndStatusWorkWithAndWithoutADaemon() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      daemon.run("mark", "disk0", "while serving").done();
      assertThat(daemon.run("status").done().out()).contains("running", "disk0");
      daemon.terminate();
      daemon.run("mark", "disk0", "at rest").done();
      Outcome status = daemon.run("status").failed();
      assertThat(status.out()).contains("not running", "disk0");
      assertThat(status.err()).contains("everwhen serve");
      String timeline = daemon.run("timeline", "disk0").done().out();
      assertThat(timeline).contains("while serving", "at rest");
      assertThat(daemon.run("mark", "disk0", " ").refused().err()).contains("blank");
    }
  }

  @Test
  void managementAnswersNobodyWithoutTheToken() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      java.net.HttpURLConnection connection =
          (java.net.HttpURLConnection)
              java.net
                  .URI
                  .create("http://127.0.0.1:" + daemon.adminPort() + "/v1/status")
                  .toURL()
                  .openConnection();
      assertThat(connection.getResponseCode()).isEqualTo(401);
      Path token = daemon.data().resolve("admin.token");
      assertThat(
              java.nio.file.attribute.PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(token)))
          .isEqualTo("rw-------");
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
