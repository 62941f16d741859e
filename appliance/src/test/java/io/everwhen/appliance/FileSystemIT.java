package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.appliance.testing.QemuImg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real file systems, written through real initiators, survive what they were kept for. */
class FileSystemIT {

  private static final long SEED = 20_261_121L;
  private static final int DISK_MIB = 64;

  @TempDir private Path directory;

  @BeforeEach
  void need() throws Exception {
    LibiscsiInitiator.need();
    QemuImg.need();
    Needs.program("mke2fs", "e2fsprogs");
    Needs.program("e2fsck", "e2fsprogs");
    Needs.program("debugfs", "e2fsprogs");
  }

  @Test
  void aPartitionedImageComesBackAsItWent() throws Exception {
    Needs.program("sfdisk", "fdisk");
    Needs.program("mkfs.vfat", "dosfstools");
    Path image = partitionedImage();
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=" + DISK_MIB + "MiB").start()) {
      QemuImg.upload(image, daemon.url("disk0"));
      Path back = directory.resolve("back.img");
      QemuImg.download(daemon.url("disk0"), back);
      assertSame(back, image);

      Path restored = restore(daemon, "now", "restored.img");
      assertSame(restored, image);
      assertThat(Processes.output(directory, "sfdisk", "--verify", restored.toString()))
          .contains("No errors detected");
    }
  }

  @Test
  void aDamagedFileSystemIsRestoredToTheInstantBefore() throws Exception {
    Path first = files("first", 1);
    Path second = files("second", 2);
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=" + DISK_MIB + "MiB").start()) {
      QemuImg.upload(ext4(first), daemon.url("disk0"));
      Cli.run("mark", "disk0", "first", "--data", daemon.data().toString()).done();
      QemuImg.upload(ext4(second), daemon.url("disk0"));
      Instant before = Instant.now();
      destroy(daemon);

      Path damaged = restore(daemon, "now", "damaged.img");
      assertThat(Processes.run(directory, List.of("e2fsck", "-fn", damaged.toString())).exitCode())
          .isNotZero();

      assertSound(restore(daemon, before.toString(), "before.img"), second);
      assertSound(restore(daemon, "mark:first", "first.img"), first);
    }
  }

  /** Overwrites every superblock, the group descriptors, and a third of everything else. */
  private void destroy(Daemon daemon) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    byte[] garbage = new byte[64 << 10];
    try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
      int blocks = garbage.length / initiator.blockSize();
      for (long block = 0; block < initiator.blockCount(); block += blocks) {
        boolean superblockMayBeHere = block * initiator.blockSize() % (8 << 20) == 0;
        if (superblockMayBeHere || random.nextInt(3) == 0) {
          random.nextBytes(garbage);
          initiator.write(block, garbage, false);
        }
      }
      initiator.flush();
    }
  }

  private void assertSound(Path image, Path content) throws Exception {
    assertThat(Processes.run(directory, List.of("e2fsck", "-fn", image.toString())).done().out())
        .contains("files");
    Path out = Files.createDirectory(directory.resolve(image.getFileName() + ".files"));
    Processes.output(directory, "debugfs", "-R", "rdump / " + out, image.toString());
    Files.delete(out.resolve("lost+found"));
    assertThat(checksums(out)).isEqualTo(checksums(content));
  }

  private Path restore(Daemon daemon, String instant, String name) {
    Path image = directory.resolve(name);
    Cli.run(
            "restore",
            "disk0",
            "--at",
            instant,
            "--to",
            image.toString(),
            "--data",
            daemon.data().toString())
        .done();
    return image;
  }

  /** An ext4 file system, as large as the disk, that holds the files of {@code content}. */
  private Path ext4(Path content) throws Exception {
    Path image = directory.resolve(content.getFileName() + ".ext4");
    Processes.output(
        directory,
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext4",
        "-d",
        content.toString(),
        image.toString(),
        DISK_MIB + "M");
    return image;
  }

  /** An MBR, a FAT partition and an ext4 partition with files. */
  private Path partitionedImage() throws Exception {
    Path image = directory.resolve("partitioned.img");
    Path layout =
        Files.writeString(
            directory.resolve("layout"), "start=2048, size=40960, type=c\nstart=43008, type=83\n");
    Processes.output(directory, "truncate", "-s", DISK_MIB + "M", image.toString());
    Processes.output(
        directory, "sh", "-c", "sfdisk -q " + image.getFileName() + " < " + layout.getFileName());
    Processes.output(
        directory,
        "mkfs.vfat",
        "--offset",
        "2048",
        "-n",
        "EVERWHEN",
        image.toString(),
        String.valueOf(40_960 / 2));
    Processes.output(
        directory,
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext4",
        "-d",
        files("partition", 3).toString(),
        "-E",
        "offset=" + 43_008 * 512,
        image.toString(),
        (DISK_MIB - 21) + "M");
    return image;
  }

  /** A directory of files of many sizes; {@code generation} decides what is in them. */
  private Path files(String name, int generation) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED + generation);
    Path root = Files.createDirectory(directory.resolve(name));
    for (int i = 0; i < 60; i++) {
      byte[] content = new byte[random.nextInt(1 << random.nextInt(4, 20))];
      random.nextBytes(content);
      Path folder = Files.createDirectories(root.resolve("folder" + i % 7));
      Files.write(folder.resolve("file" + i), content);
    }
    return root;
  }

  private static Map<String, String> checksums(Path root) throws Exception {
    Map<String, String> sums = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        sums.put(root.relativize(file).toString(), HexFormat.of().formatHex(digest));
      }
    }
    return sums;
  }

  private static void assertSame(Path actual, Path expected) throws IOException {
    assertThat(Files.mismatch(actual, expected))
        .as("first byte of %s that differs", actual)
        .isEqualTo(-1);
  }
}
