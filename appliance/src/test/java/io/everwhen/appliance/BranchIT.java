package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.InitiatorException;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.QemuImg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Branches of the packaged daemon, used by initiators that are not ours. */
class BranchIT {

  private static final int BLOCK = 512;
  private static final int BYTES = 16 << 20;
  private static final int CHANGES = 60;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private final SplittableRandom random = new SplittableRandom();

  @BeforeEach
  void need() throws Exception {
    LibiscsiInitiator.need();
    QemuImg.need();
  }

  /** Changes a disk, and what it should hold. */
  private void change(LibiscsiInitiator initiator, byte[] content) throws InitiatorException {
    for (int i = 0; i < CHANGES; i++) {
      int length = BLOCK * (1 + random.nextInt(random.nextInt(5) == 0 ? 2048 : 64));
      int block = random.nextInt((content.length - length) / BLOCK);
      byte[] data = new byte[length];
      if (random.nextInt(6) == 0) {
        initiator.unmap(block, length / BLOCK);
      } else {
        random.nextBytes(data);
        initiator.write(block, data, false);
      }
      System.arraycopy(data, 0, content, block * BLOCK, length);
    }
  }

  private byte[] served(Daemon daemon, String disk) throws Exception {
    Path copy = directory.resolve("served");
    Files.deleteIfExists(copy);
    QemuImg.download(daemon.url(disk), copy);
    return Files.readAllBytes(copy);
  }

  private byte[] restored(Daemon daemon, String disk, String at) throws IOException {
    Path copy = directory.resolve("restored");
    Files.deleteIfExists(copy);
    daemon.run("restore", disk, "--at", at, "--to", copy.toString()).done();
    return Files.readAllBytes(copy);
  }

  private static JsonNode disk(Daemon daemon, String name) {
    for (JsonNode disk : daemon.run("status", "--json").done().json().getFirst().path("disks")) {
      if (disk.path("name").asString().equals(name)) {
        return disk;
      }
    }
    throw new AssertionError("no disk " + name);
  }

  private static void awaitOwn(Daemon daemon, String name) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (disk(daemon, name).has("branch")) {
      assertThat(System.nanoTime()).as(daemon.output()).isLessThan(deadline);
      Thread.sleep(100);
    }
  }

  @Test
  void aBranchIsWrittenHasAPastOutlivesTheDaemonAndBecomesADiskOfItsOwn() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "other=16MiB").start()) {
      daemon.run("disk", "add", "db=16MiB").done();
      byte[] db = new byte[BYTES];
      byte[] trial;
      byte[] then;
      try (LibiscsiInitiator live = daemon.connect("db")) {
        change(live, db);
        daemon.run("mark", "db", "before").done();
        trial = db.clone();
        change(live, db);
        Outcome opened =
            daemon.run("open", "db", "--at", "mark:before", "--as", "trial", "--writable").done();
        assertThat(opened.out())
            .contains("opened db as trial, a branch that can be written: 16MiB");
        assertThat(served(daemon, "trial")).isEqualTo(trial);
        try (LibiscsiInitiator branch = daemon.connect("trial")) {
          change(branch, trial);
          daemon.run("mark", "trial", "half").done();
          then = trial.clone();
          change(branch, trial);
          change(live, db);
          branch.flush();
        }
        live.flush();
      }
      assertThat(served(daemon, "trial")).isEqualTo(trial);
      assertThat(served(daemon, "db")).isEqualTo(db);
      assertThat(restored(daemon, "trial", "mark:half")).isEqualTo(then);
      assertThat(restored(daemon, "trial", "now")).isEqualTo(trial);
      assertThat(daemon.run("timeline", "trial").done().out()).contains("half");

      // A branch of the branch's past, and a past disk of it.
      daemon.run("open", "trial", "--at", "mark:half", "--as", "second", "--writable").done();
      daemon.run("open", "trial", "--at", "mark:half", "--as", "past").done();
      assertThat(served(daemon, "second")).isEqualTo(then);
      assertThat(served(daemon, "past")).isEqualTo(then);
      byte[] second = then.clone();
      try (LibiscsiInitiator branch = daemon.connect("second")) {
        change(branch, second);
        branch.flush();
      }
      daemon.kill();
      daemon.start();
      assertThat(served(daemon, "trial")).isEqualTo(trial);
      assertThat(served(daemon, "second")).isEqualTo(second);
      assertThat(daemon.run("status").done().out()).contains("branch                of db at seq:");

      assertThat(daemon.run("close", "trial", "--keep").done().out())
          .startsWith("trial is being made a disk of its own");
      awaitOwn(daemon, "trial");
      assertThat(daemon.run("close", "second", "--keep").done().out())
          .contains("of trial are copied");
      awaitOwn(daemon, "second");
      assertThat(daemon.run("snapshot", "list", "db").done().out()).doesNotContain("branch");
      daemon.run("disk", "remove", "db", "--delete-history").done();
      assertThat(served(daemon, "trial")).isEqualTo(trial);
      assertThat(restored(daemon, "trial", "mark:half")).isEqualTo(then);
      assertThat(served(daemon, "second")).isEqualTo(second);
      daemon.run("rewind", "trial", "--at", "mark:half").done();
      assertThat(served(daemon, "trial")).isEqualTo(then);
      assertThat(daemon.terminate()).as(daemon.output()).isZero();
      daemon.run("verify", "trial").done();
      assertThat(restored(daemon, "second", "now")).isEqualTo(second);
    }
  }

  @Test
  void whatABranchNeedsIsHeldAndWhatIsRefusedSaysWhy() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=16MiB").start()) {
      byte[] db = new byte[BYTES];
      try (LibiscsiInitiator live = daemon.connect("db")) {
        change(live, db);
      }
      JsonNode opened =
          daemon.run("open", "db", "--at", "now", "--writable", "--json").done().json().getFirst();
      String name = opened.path("name").asString();
      assertThat(name).isEqualTo("db-at-" + opened.path("sequence").asLong());
      assertThat(opened.path("writable").asBoolean()).isTrue();

      assertThat(daemon.run("open", "db", "--at", "now", "--as", name, "--writable").failed().err())
          .contains("there is a branch " + name + " already");
      assertThat(daemon.run("open", "db", "--at", "1 day ago", "--writable").failed().err())
          .contains("is before the horizon");
      assertThat(daemon.run("disk", "remove", "db").failed().err())
          .contains("db cannot be removed: " + name + " was made of it");
      assertThat(daemon.run("disk", "remove", name).failed().err())
          .contains("'everwhen close " + name + "' ends it");
      assertThat(daemon.run("rewind", name, "--at", "now").failed().err())
          .contains("is a branch, which cannot be rewound");
      assertThat(daemon.run("snapshot", "list", "db").done().out()).contains("branch " + name);
      assertThat(daemon.run("snapshot", "delete", "db", "branch " + name).failed().err())
          .contains("it is held for the branch " + name);
      assertThat(daemon.run("snapshot", "create", "db", "branch x").refused().err())
          .contains("does not begin with 'branch '");
      daemon.run("open", "db", "--at", "now", "--as", "past").done();
      assertThat(daemon.run("close", "past", "--keep").failed().err())
          .contains("past is read-only, and cannot be kept", "--writable");
      assertThat(daemon.run("close", name, "--keep", "--force").refused().err())
          .contains("--force is for a branch that is deleted");

      try (LibiscsiInitiator branch = daemon.connect(name)) {
        byte[] block = new byte[BLOCK];
        random.nextBytes(block);
        branch.write(7, block, true);
        assertThat(daemon.run("close", name).failed().err())
            .contains("is in use by", "--force takes it away");
        daemon.run("open", name, "--at", "now", "--as", "second", "--writable").done();
        assertThat(daemon.run("close", name, "--force").failed().err())
            .contains("second was made of it");
        try (LibiscsiInitiator second = daemon.connect("second")) {
          assertThat(second.read(7, 1)).isEqualTo(block);
          assertThat(second.read(8, 64)).isEqualTo(Arrays.copyOfRange(db, 8 * BLOCK, 72 * BLOCK));
        }
        daemon.run("close", "second").done();
        assertThat(daemon.run("close", name, "--force").done().out())
            .contains("deleted " + name + ", which was a branch of db at seq:");
        assertThatThrownBy(() -> branch.read(7, 1)).isInstanceOf(InitiatorException.class);
      }
      assertThat(daemon.run("snapshot", "list", "db").done().out()).doesNotContain("branch");
      assertThat(daemon.data().resolve("disks").resolve(name)).doesNotExist();
      assertThat(daemon.data().resolve("journal").resolve(name)).doesNotExist();
      assertThat(served(daemon, "db")).isEqualTo(db);
    }
  }

  @Test
  void whoMayUseADiskMayUseItsBranchAndNobodyElse() throws Exception {
    Path config = directory.resolve("everwhen.yaml");
    Files.writeString(
        config,
        """
        disks:
          - name: db
            size: 16MiB
            initiators: [iqn.2026-11.org.example:one]
        """);
    try (Daemon daemon = new Daemon(directory, "--config", config.toString()).start()) {
      daemon.run("open", "db", "--at", "now", "--as", "trial", "--writable").done();
      String url = daemon.url("trial");
      for (int start = 0; start < 2; start++) {
        try (LibiscsiInitiator one =
            LibiscsiInitiator.connect(url, "iqn.2026-11.org.example:one")) {
          one.write(1, new byte[BLOCK], true);
        }
        assertThatThrownBy(() -> LibiscsiInitiator.connect(url, "iqn.2026-11.org.example:two"))
            .isInstanceOf(InitiatorException.class);
        assertThat(daemon.terminate()).as(daemon.output()).isZero();
        daemon.start();
      }
      assertThat(daemon.run("close", "trial", "--keep").failed().err())
          .contains("has to say it of trial too before that is a disk of its own");
    }
  }
}
