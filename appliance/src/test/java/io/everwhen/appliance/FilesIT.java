package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of past disks, compared without mounting them. */
class FilesIT {

  private static final int BYTES = 16 << 20;
  private static final int PIECE = 1 << 20;

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
    Needs.program("fls", "sleuthkit");
    Needs.program("mkfs.ext4", "e2fsprogs");
  }

  /** Makes the disk what is in a file. */
  private static void put(Daemon daemon, Path image, String mark) throws IOException {
    byte[] content = Files.readAllBytes(image);
    try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
      int blocks = PIECE / initiator.blockSize();
      for (int i = 0; i < BYTES / PIECE; i++) {
        byte[] piece = Arrays.copyOfRange(content, i * PIECE, (i + 1) * PIECE);
        if (!Arrays.equals(piece, initiator.read((long) i * blocks, blocks))) {
          initiator.write((long) i * blocks, piece, false);
        }
      }
      initiator.flush();
    }
    Cli.run("mark", "disk0", mark, "--data", daemon.data().toString()).done();
  }

  private Outcome diff(Daemon daemon, String from, String... more) throws IOException {
    Path scratch = directory.resolve("scratch");
    Files.createDirectories(scratch);
    String[] command = {
      "diff",
      "disk0",
      "--files",
      "--from",
      from,
      "--scratch",
      scratch.toString(),
      "--data",
      daemon.data().toString()
    };
    Outcome outcome =
        Cli.run(Stream.of(command, more).flatMap(Arrays::stream).toArray(String[]::new));
    try (Stream<Path> left = Files.list(scratch)) {
      assertThat(left).as("what is left behind").isEmpty();
    }
    return outcome;
  }

  @Test
  void filesOfExt4ThatWereAddedRemovedAndChangedAreTold() throws Exception {
    Path image = directory.resolve("ext4.img");
    Path tree = Files.createDirectories(directory.resolve("tree/in"));
    Files.writeString(tree.resolve("kept"), "kept");
    Files.writeString(tree.resolve("changed"), "before");
    Files.writeString(tree.resolve("a|b removed"), "gone");
    Processes.output(directory, "truncate", "-s", Integer.toString(BYTES), image.toString());
    Processes.output(
        directory,
        "mkfs.ext4",
        "-q",
        "-F",
        "-d",
        directory.resolve("tree").toString(),
        image.toString());
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      assertThat(diff(daemon, "seq:0").failed().err())
          .contains("no file system is on disk0", "XFS", "everwhen open");
      put(daemon, image, "before");
      for (String command :
          List.of(
              "rm \"/in/a|b removed\"",
              "rm /in/changed",
              "write tree/in/kept /in/added",
              "write ext4.img.longer /in/changed")) {
        Files.writeString(directory.resolve("ext4.img.longer"), "after that");
        Processes.output(directory, "debugfs", "-w", "-R", command, image.toString());
      }
      put(daemon, image, "after");
      Outcome told = diff(daemon, "mark:before");
      assertThat(told.done().out())
          .containsPattern("added +4 .* /in/added\n")
          .containsPattern("removed +4 .* /in/a\\|b removed\n")
          .containsPattern("changed +10 .* /in/changed\n")
          .contains("1 added, 1 removed, ")
          .doesNotContain("/in/kept");
      var json = diff(daemon, "mark:before", "--json", "--content").done().json().getFirst();
      assertThat(json.path("file_system_after").path("type").asString()).isEqualTo("ext4");
      assertThat(json.path("added").asInt()).isEqualTo(1);
      assertThat(diff(daemon, "seq:0").done().out())
          .containsPattern("added +4 .* /in/kept\n")
          .contains("no file system that is known at the earlier instant");
      assertThat(diff(daemon, "mark:before", "--limit", "1").done().out()).contains("more\n");
    }
  }
}
