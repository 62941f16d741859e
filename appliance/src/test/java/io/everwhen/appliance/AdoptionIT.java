package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that already has content is put under Everwhen. */
class AdoptionIT {

  private static final int BLOCK = 512;
  private static final int MIB = 1 << 20;
  private static final int SIZE = 24 * MIB + 3 * BLOCK;
  private static final int READ_BLOCKS = 1024;
  private static final int LARGE_MIB = 160;
  private static final int SOON_SECONDS = 60;

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private static byte[] content(LibiscsiInitiator initiator) throws Exception {
    byte[] content = new byte[Math.toIntExact(initiator.blockCount() * BLOCK)];
    for (int block = 0; block < initiator.blockCount(); block += READ_BLOCKS) {
      int count = (int) Math.min(READ_BLOCKS, initiator.blockCount() - block);
      System.arraycopy(initiator.read(block, count), 0, content, block * BLOCK, count * BLOCK);
    }
    return content;
  }

  private byte[] restored(Daemon daemon, String instant) throws IOException {
    Path image = directory.resolve("restored.img");
    daemon.run("restore", "db", "--at", instant, "--to", image.toString()).done();
    byte[] content = Files.readAllBytes(image);
    Files.delete(image);
    return content;
  }

  private static void assertSame(byte[] found, byte[] expected) {
    assertThat(found).hasSize(expected.length);
    assertThat(Arrays.mismatch(found, expected)).as("the first byte that differs").isEqualTo(-1);
  }

  @Test
  void aFileWithAFileSystemIsServedAsItIsAndItsFirstInstantIsWhatItWas() throws Exception {
    Needs.program("mkfs.ext4", "e2fsprogs");
    Path source = directory.resolve("source.img");
    try (RandomAccessFile file = new RandomAccessFile(source.toFile(), "rw")) {
      file.setLength(SIZE);
    }
    Path files = Files.createDirectory(directory.resolve("files"));
    byte[] letter = new byte[5 * MIB];
    new SplittableRandom(1).nextBytes(letter);
    Files.write(files.resolve("letter"), letter);
    Processes.output(directory, "mkfs.ext4", "-q", "-F", "-d", files.toString(), source.toString());
    byte[] before = Files.readAllBytes(source);
    assertThat(before).hasSize(SIZE);
    FileTime modified = Files.getLastModifiedTime(source);
    byte[] written = new byte[BLOCK];
    Arrays.fill(written, (byte) 7);

    try (Daemon daemon = new Daemon(directory, "--disk", "other=1MiB").start()) {
      Outcome added = daemon.run("disk", "add", "db", "--from", source.toString()).done();
      assertThat(added.out())
          .contains("added db, " + SIZE + ", with the content of " + source)
          .contains("iqn.2026-11.io.everwhen:db");
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertSame(content(initiator), before);
        for (int i = 0; i < 40; i++) {
          initiator.write(i * 1000L, written, false);
        }
        initiator.flush();
      }
      daemon.run("mark", "db", "later").done();
      assertSame(restored(daemon, "seq:0"), before);
      assertThat(daemon.run("verify").done().out()).contains("db: sound");
      daemon.kill();
      daemon.start();
      byte[] after = before.clone();
      for (int i = 0; i < 40; i++) {
        System.arraycopy(written, 0, after, i * 1000 * BLOCK, BLOCK);
      }
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertSame(content(initiator), after);
      }
      assertSame(restored(daemon, "seq:0"), before);
      assertSame(restored(daemon, "mark:later"), after);
      assertThat(daemon.run("disk", "add", "db", "--from", source.toString()).failed().err())
          .contains("there is a disk db already");
      assertThat(Files.readAllBytes(source)).isEqualTo(before);
      assertThat(Files.getLastModifiedTime(source)).isEqualTo(modified);
      daemon.run("disk", "remove", "db").done();
      assertThat(daemon.terminate()).isIn(0, 143);

      // At rest it is the same.
      String journal = daemon.journal().resolve("db").toString();
      Outcome again =
          daemon
              .run("disk", "add", "db", "--from", source.toString(), "--journal", journal, "--json")
              .done();
      assertThat(again.json().getFirst().path("size").asInt()).isEqualTo(SIZE);
      assertSame(restored(daemon, "now"), before);
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertSame(content(initiator), before);
      }
      Path baseline = daemon.journal().resolve("db/baseline-0");
      Files.move(baseline, directory.resolve("lost"));
      assertThat(daemon.run("verify", "db").failed().out())
          .contains("DAMAGED", "baseline-0")
          .contains("cannot restore");
      assertThat(
              daemon.run("restore", "db", "--at", "now", "--to", directory + "/no").failed().err())
          .contains("baseline-0");
    }
  }

  private Path largeSource() throws IOException {
    Path source = directory.resolve("large.img");
    byte[] piece = new byte[MIB];
    SplittableRandom random = new SplittableRandom(2);
    try (RandomAccessFile file = new RandomAccessFile(source.toFile(), "rw")) {
      for (int i = 0; i < LARGE_MIB; i++) {
        random.nextBytes(piece);
        file.write(piece);
      }
    }
    return source;
  }

  private static void awaitAdopting(Daemon daemon) throws InterruptedException {
    Path record = daemon.data().resolve("disks/db/adopting");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SOON_SECONDS);
    while (!Files.exists(record)) {
      assertThat(System.nanoTime()).as("it begins soon").isLessThan(deadline);
      Thread.sleep(1);
    }
  }

  @Test
  void whateverInterruptsItNothingIsLeftAndItCanBeDoneAgain() throws Exception {
    Path source = largeSource();
    String[] add = {"disk", "add", "db", "--from", source.toString()};
    try (Daemon daemon = new Daemon(directory, "--disk", "other=1MiB").start()) {
      for (boolean kill : new boolean[] {true, false}) {
        CompletableFuture<Outcome> adding = CompletableFuture.supplyAsync(() -> daemon.run(add));
        awaitAdopting(daemon);
        if (kill) {
          daemon.kill();
        } else {
          daemon.terminate();
        }
        assertThat(adding.get(SOON_SECONDS, TimeUnit.SECONDS).failed().err()).contains("daemon");
        daemon.start();
        assertThat(daemon.data().resolve("disks/db")).doesNotExist();
        assertThat(daemon.journal().resolve("db/baseline-0")).doesNotExist();
        assertThat(daemon.run("disk", "list").done().out()).contains("other").doesNotContain("db ");
        daemon.connect("other").close();
      }
      // Meanwhile other things can be done.
      CompletableFuture<Outcome> adding = CompletableFuture.supplyAsync(() -> daemon.run(add));
      awaitAdopting(daemon);
      assertThat(daemon.run("disk", "add", "db=1MiB").failed().err()).contains("db");
      daemon.run("disk", "add", "more=1MiB").done();
      adding.get(SOON_SECONDS * 3, TimeUnit.SECONDS).done();
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertSame(content(initiator), Files.readAllBytes(source));
      }
    }
  }

  @Test
  void whatCannotBeADiskIsRefusedWithWhatToDo() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "other=1MiB").start()) {
      Path odd = Files.write(directory.resolve("odd"), new byte[1000]);
      String image = daemon.data().resolve("disks/other/image").toString();
      String[][] refused = {
        {odd.toString(), "has 1000 bytes, which is not a multiple of the block of 512 bytes"},
        {directory + "/nothing", "there is no file or device"},
        {directory.toString(), "is a directory"},
        {"/dev/zero", "neither a file nor a block device"},
        {image, "is Everwhen's own"},
      };
      for (String[] each : refused) {
        assertThat(daemon.run("disk", "add", "db", "--from", each[0]).failed().err())
            .contains(each[1]);
      }
      daemon.terminate();
      for (String[] each : refused) {
        assertThat(daemon.run("disk", "add", "db", "--from", each[0]).failed().err())
            .contains(each[1]);
      }
      assertThat(daemon.data().resolve("disks/db")).doesNotExist();
    }
  }

  @Test
  void aDeviceIsAdoptedUnlessItIsInUse() throws Exception {
    Needs.root("set up a loop device");
    Needs.program("losetup", "mount");
    Needs.program("mkfs.ext4", "e2fsprogs");
    Path behind = directory.resolve("behind");
    try (RandomAccessFile file = new RandomAccessFile(behind.toFile(), "rw")) {
      file.setLength(16 * MIB);
    }
    Processes.output(directory, "mkfs.ext4", "-q", "-F", behind.toString());
    String device =
        Processes.output(directory, "losetup", "--find", "--show", behind.toString()).strip();
    try (Daemon daemon = new Daemon(directory, "--disk", "other=1MiB").start()) {
      Path mount = Files.createDirectory(directory.resolve("mnt"));
      Processes.output(directory, "mount", device, mount.toString());
      try {
        assertThat(daemon.run("disk", "add", "db", "--from", device).failed().err())
            .contains(device + " is in use", "Unmount it first");
      } finally {
        Processes.output(directory, "umount", mount.toString());
      }
      daemon.run("disk", "add", "db", "--from", device).done();
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        assertSame(content(initiator), Files.readAllBytes(behind));
      }
    } finally {
      Processes.output(directory, "losetup", "--detach", device);
    }
  }

  @Test
  void whereThereIsNotEnoughRoomItSaysHowMuchIsLacking() throws Exception {
    Needs.root("mount a small volume");
    Path source = largeSource();
    Path small = Files.createDirectory(directory.resolve("small"));
    Processes.output(
        directory, "mount", "-t", "tmpfs", "-o", "size=200m", "none", small.toString());
    try (Daemon daemon = new Daemon(directory, "--disk", "other=1MiB").start()) {
      Outcome refused =
          daemon.run(
              "disk",
              "add",
              "db",
              "--from",
              source.toString(),
              "--journal",
              small.resolve("db").toString());
      assertThat(refused.failed().err())
          .contains("for its journal on the volume of " + small, "MiB are lacking");
      assertThat(daemon.data().resolve("disks/db")).doesNotExist();
      assertThat(small.resolve("db")).doesNotExist();
      daemon.terminate();
    } finally {
      Processes.output(directory, "umount", small.toString());
    }
  }
}
