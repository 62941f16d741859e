package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.QemuImg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Past disks of the packaged daemon, used by initiators that are not ours. */
class PastDiskIT {

  private static final int BLOCK = 512;
  private static final int MEBIBYTE = 1 << 20;
  private static final int BYTES = 16 * MEBIBYTE;
  private static final int CHANGES = 60;
  private static final int INSTANTS = 3;

  @TempDir private Path directory;
  private final SplittableRandom random = new SplittableRandom();

  @BeforeEach
  void need() throws Exception {
    LibiscsiInitiator.need();
    QemuImg.need();
  }

  private void change(LibiscsiInitiator initiator, int changes) throws InitiatorException {
    for (int i = 0; i < changes; i++) {
      int length = BLOCK * (1 + random.nextInt(random.nextInt(5) == 0 ? 2048 : 64));
      long block = random.nextInt((BYTES - length) / BLOCK);
      if (random.nextInt(6) == 0) {
        initiator.unmap(block, length / BLOCK);
      } else {
        byte[] data = new byte[length];
        random.nextBytes(data);
        initiator.write(block, data, false);
      }
    }
  }

  @Test
  void aPastDiskIsWhatARestoreOfItsInstantIsWhileTheDiskIsWritten() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=16MiB").start();
        LibiscsiInitiator live = daemon.connect("db")) {
      List<String> pasts = new ArrayList<>();
      for (int i = 0; i < INSTANTS; i++) {
        change(live, CHANGES);
        daemon.run("mark", "db", "mark-" + i).done();
        change(live, CHANGES);
        JsonNode opened =
            daemon.run("open", "db", "--json", "--at", "mark:mark-" + i).done().json().getFirst();
        pasts.add(opened.path("name").asString());
        assertThat(opened.path("name").asString())
            .isEqualTo("db-at-" + opened.path("sequence").asLong());
        assertThat(opened.path("size_bytes").asLong()).isEqualTo(BYTES);
      }
      for (int i = 0; i < INSTANTS; i++) {
        Path copy = directory.resolve("copy-" + i);
        Path restored = directory.resolve("restored-" + i);
        QemuImg.download(daemon.url(pasts.get(i)), copy);
        change(live, CHANGES);
        daemon.run("restore", "db", "--at", "mark:mark-" + i, "--to", restored.toString()).done();
        assertThat(copy).hasSameBinaryContentAs(restored);
        try (LibiscsiInitiator past = daemon.connect(pasts.get(i))) {
          byte[] all = Files.readAllBytes(restored);
          for (int reads = 0; reads < CHANGES; reads++) {
            int blocks = 1 + random.nextInt(256);
            int block = random.nextInt(BYTES / BLOCK - blocks);
            assertThat(past.read(block, blocks))
                .isEqualTo(
                    java.util.Arrays.copyOfRange(all, block * BLOCK, (block + blocks) * BLOCK));
          }
        }
      }
    }
  }

  @Test
  void itRefusesWritesIsListedAndEndsByCommandOrWithTheDaemon() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=16MiB").start()) {
      try (LibiscsiInitiator live = daemon.connect("db")) {
        change(live, 1);
      }
      Outcome opened = daemon.run("open", "db", "--at", "now", "--as", "then").done();
      assertThat(opened.out())
          .contains("opened db as then, read-only: 16MiB", "as it was after seq:")
          .contains("iscsi://127.0.0.1:" + daemon.port() + "/iqn.2026-11.io.everwhen:then/0");
      assertThat(daemon.run("status").done().out())
          .contains(
              "then  16MiB  iqn.2026-11.io.everwhen:then", "as it was             db at seq:");
      assertThat(daemon.run("open", "db", "--at", "now", "--as", "db").failed().err())
          .contains("there is a disk or a target db already");
      assertThat(daemon.run("open", "db", "--at", "1 day ago").failed().err())
          .contains("is before the horizon");
      assertThat(daemon.run("open", "db", "--at", "someday").refused().err())
          .contains("'someday' is not an instant");
      assertThat(daemon.run("open", "db", "--at", "now", "--as", "No").refused().err())
          .contains("lower case");
      try (LibiscsiInitiator past = daemon.connect("then")) {
        assertThatThrownBy(() -> past.write(0, new byte[BLOCK], false))
            .hasMessageContaining("DATA PROTECT")
            .hasMessageContaining("WRITE_PROTECTED");
        assertThat(daemon.run("close", "then").done().out())
            .startsWith("closed then, which was db at seq:");
        assertThatThrownBy(() -> past.read(0, 1)).isInstanceOf(InitiatorException.class);
      }
      assertThat(daemon.run("close", "then").failed().err())
          .contains("there is no past disk or branch then; there is none");
      daemon.run("open", "db", "--at", "now", "--as", "then").done();
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      assertThat(daemon.run("open", "db", "--at", "now").failed().err())
          .contains("only a daemon serves past disks");
      daemon.start();
      assertThatThrownBy(() -> daemon.connect("then")).isInstanceOf(InitiatorException.class);
    }
  }
}
