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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

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

  /** Makes the disk what is in a file; the entry that says so. */
  private static long put(Daemon daemon, Path image, String mark) throws IOException {
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
    return daemon
        .run("mark", "disk0", mark, "--json")
        .done()
        .json()
        .getFirst()
        .path("sequence")
        .asLong();
  }

  private Outcome history(Daemon daemon, String file, String... more) throws IOException {
    return looking(daemon, new String[] {"history", "disk0", "--file", file}, more);
  }

  private Outcome diff(Daemon daemon, String from, String... more) throws IOException {
    return looking(daemon, new String[] {"diff", "disk0", "--files", "--from", from}, more);
  }

  private Outcome looking(Daemon daemon, String[] command, String... more) throws IOException {
    Path scratch = directory.resolve("scratch");
    Files.createDirectories(scratch);
    String[] places = {"--scratch", scratch.toString(), "--data", daemon.data().toString()};
    Outcome outcome =
        Cli.run(Stream.of(command, more, places).flatMap(Arrays::stream).toArray(String[]::new));
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

  /** A file system in an image, one of whose files is written and removed without mounting it. */
  private interface FileSystem {
    void make(Path image) throws Exception;

    /** Writes {@code /in/notes.txt}, or {@code /notes.txt} where no directory can be made. */
    void write(Path image, Path content) throws Exception;

    void remove(Path image) throws Exception;

    String path();
  }

  /** Runs a program on an image. */
  private String on(Path image, String... command) throws Exception {
    return Processes.output(
        directory,
        Stream.of(command)
            .map(word -> word.equals("IMAGE") ? image.toString() : word)
            .toArray(String[]::new));
  }

  private final class Ext4 implements FileSystem {
    @Override
    public void make(Path image) throws Exception {
      on(image, "mkfs.ext4", "-q", "-F", "IMAGE", (BYTES >> 10) + "k");
      on(image, "debugfs", "-w", "-R", "mkdir /in", "IMAGE");
    }

    @Override
    public void write(Path image, Path content) throws Exception {
      remove(image);
      on(image, "debugfs", "-w", "-R", "write " + content + " /in/notes.txt", "IMAGE");
    }

    @Override
    public void remove(Path image) throws Exception {
      on(image, "debugfs", "-w", "-R", "rm /in/notes.txt", "IMAGE");
    }

    @Override
    public String path() {
      return "/in/notes.txt";
    }
  }

  private final class Fat implements FileSystem {
    @Override
    public void make(Path image) throws Exception {
      on(image, "mkfs.vfat", "IMAGE");
      on(image, "mmd", "-i", "IMAGE", "::in");
    }

    @Override
    public void write(Path image, Path content) throws Exception {
      on(image, "mcopy", "-o", "-i", "IMAGE", content.toString(), "::in/notes.txt");
    }

    @Override
    public void remove(Path image) throws Exception {
      on(image, "mdel", "-i", "IMAGE", "::in/notes.txt");
    }

    @Override
    public String path() {
      return "/IN/Notes.txt";
    }
  }

  private final class Ntfs implements FileSystem {
    @Override
    public void make(Path image) throws Exception {
      on(image, "mkfs.ntfs", "-q", "-F", "IMAGE");
    }

    @Override
    public void write(Path image, Path content) throws Exception {
      on(image, "ntfscp", "-q", "IMAGE", content.toString(), "notes.txt");
    }

    @Override
    public void remove(Path image) throws Exception {
      on(image, "ntfscp", "-q", "IMAGE", "/dev/null", "notes.txt"); // it can only be emptied
    }

    @Override
    public String path() {
      return "/notes.txt";
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ext4", "vfat", "ntfs"})
  void everyVersionOfAFileIsToldAlsoWhenItWasRemovedAndMadeAgain(String type) throws Exception {
    Needs.program("mkfs.vfat", "dosfstools");
    Needs.program("mcopy", "mtools");
    Needs.program("ntfscp", "ntfs-3g");
    FileSystem fileSystem =
        switch (type) {
          case "ext4" -> new Ext4();
          case "vfat" -> new Fat();
          default -> new Ntfs();
        };
    Path image = directory.resolve("image");
    on(image, "truncate", "-s", Integer.toString(BYTES), "IMAGE");
    Path content = directory.resolve("content");
    // The size after each step; -1 where there is no such file.
    Map<Long, Integer> sizes = new HashMap<>();
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      fileSystem.make(image);
      sizes.put(put(daemon, image, "empty"), -1);
      Files.writeString(content, "one");
      fileSystem.write(image, content);
      sizes.put(put(daemon, image, "one"), 3);
      Files.writeString(content, "two, which is longer");
      fileSystem.write(image, content);
      sizes.put(put(daemon, image, "two"), 20);
      fileSystem.remove(image);
      int removed = type.equals("ntfs") ? 0 : -1;
      sizes.put(put(daemon, image, "removed"), removed);
      Thread.sleep(2100); // what FAT takes for the same time
      Files.writeString(content, "again");
      fileSystem.write(image, content);
      sizes.put(put(daemon, image, "again"), 5);
      if (!type.equals("ntfs")) { // ntfscp leaves the times as they are, so nothing tells
        fileSystem.remove(image);
        sizes.put(put(daemon, image, "gone"), removed);
      }
      checkVersions(history(daemon, fileSystem.path(), "--json"), sizes);
      checkVersions(history(daemon, fileSystem.path(), "--json", "--content"), sizes);
      assertThat(history(daemon, fileSystem.path(), "--from", "mark:one", "--to", "mark:two").out())
          .containsPattern("seq:\\d+ +\\S+ +there +3 ")
          .containsPattern("seq:\\d+ +\\S+ +changed +20 ");
      assertThat(history(daemon, fileSystem.path(), "--limit", "1").done().out())
          .contains("1 version\n", "--limit shows more")
          .contains(type.equals("ntfs") ? "changed" : "removed");
      assertThat(history(daemon, "/in/nothing").failed().err())
          .contains("there was no /in/nothing on disk0 between seq:0");
    }
  }

  /** What is told says for each step what was so then. */
  private static void checkVersions(Outcome told, Map<Long, Integer> sizes) {
    JsonNode versions = told.done().json().getFirst().path("versions");
    TreeMap<Long, Integer> found = new TreeMap<>(Map.of(0L, -1));
    for (JsonNode version : versions) {
      JsonNode entry = version.path("entry");
      found.put(
          version.path("sequence").asLong(), entry.isNull() ? -1 : entry.path("size").asInt());
    }
    sizes.forEach((step, size) ->
        assertThat(found.floorEntry(step).getValue())
            .as("at seq:%d, where %s is told", step, versions)
            .isEqualTo(size));
  }

  @Test
  void filesInAPartitionAreFoundAndOfSeveralOneHasToBeChosen() throws Exception {
    Needs.program("sfdisk", "fdisk");
    Path image = directory.resolve("image");
    on(image, "truncate", "-s", Integer.toString(BYTES), "IMAGE");
    Files.writeString(directory.resolve("table"), "label: gpt\n,5MiB\n,5MiB\n");
    on(image, "sh", "-c", "sfdisk -q " + image + " < table");
    Path tree = Files.createDirectories(directory.resolve("tree"));
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      fill(image, tree, 1);
      put(daemon, image, "one");
      assertThat(history(daemon, "/notes.txt").done().out()).containsPattern("created +1 ");
      fill(image, tree, 2);
      put(daemon, image, "two");
      assertThat(history(daemon, "/notes.txt").failed().err())
          .contains("several file systems, choose one with --partition: partition 1 (ext4)");
      assertThat(history(daemon, "/notes.txt", "--partition", "2").done().out())
          .containsPattern("created +2 ");
      assertThat(diff(daemon, "mark:one", "--partition", "2").done().out())
          .containsPattern("added +2 .* /notes.txt\n");
      assertThat(diff(daemon, "mark:one", "--partition", "1").done().out())
          .contains("0 added, 0 removed, 0 changed");
      assertThat(history(daemon, "/notes.txt", "--partition", "3").failed().err())
          .contains("no file system is on disk0");
    }
  }

  /** Makes a file system in a partition, with a file as large as its number. */
  private void fill(Path image, Path tree, int partition) throws Exception {
    Files.writeString(tree.resolve("notes.txt"), "x".repeat(partition));
    String offset = "offset=" + (1 + 5L * (partition - 1)) * PIECE;
    on(image, "mkfs.ext4", "-q", "-F", "-E", offset, "-d", tree.toString(), "IMAGE", "5m");
  }
}
