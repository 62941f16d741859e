package io.everwhen.appliance.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Processes;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What Linux writes to a disk can be read there, and rebuilt from the journal. */
@InGuest
class LinuxFileSystemsIT {

  private static final int MIB = 1 << 20;

  @TempDir private Path directory;

  // mkfs.xfs makes no file system below 300 MB.
  @ParameterizedTest
  @CsvSource({"ext4, 96MiB", "xfs, 320MiB"})
  void aFileSystemIsMadeFilledCheckedAndComesBackFromTheJournal(
      String type, String size, Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=" + size).start()) {
      List<String> printed =
          guest.run("filesystem", Guest.target("disk0"), Guest.portal(daemon), "TYPE=" + type);
      Cli.run("mark", "disk0", "unmounted", "--data", daemon.data().toString()).done();
      guest.run("wipe", Guest.target("disk0"), Guest.portal(daemon));

      Path restored = restore(daemon, "mark:unmounted");
      assertThat(md5(restored, Files.size(restored))).isEqualTo(word(printed, "disk-md5"));
      if (type.equals("ext4")) {
        Needs.program("e2fsck", "e2fsprogs");
        Processes.output(directory, "e2fsck", "-fn", restored.toString());
      }
      Cli.run("verify", "--data", daemon.data().toString()).done();
    }
  }

  @Test
  void whatIsDiscardedReadsAsZerosAndIsInTheJournal(Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=64MiB").start()) {
      List<String> printed = guest.run("discard", Guest.target("disk0"), Guest.portal(daemon));

      JsonNode first =
          timeline(daemon).stream()
              .filter(entry -> entry.get("kind").asString().equals("unmap"))
              .findFirst()
              .orElseThrow();
      assertThat(first.get("offset").asLong()).isEqualTo(2 * MIB);
      assertThat(first.get("length").asLong()).isEqualTo(4 * MIB);
      Path before = restore(daemon, "seq:" + (first.get("sequence").asLong() - 1));
      assertThat(md5(before, 8 * MIB)).isEqualTo(word(printed, "written-md5"));
    }
  }

  private static List<JsonNode> timeline(Daemon daemon) {
    return Cli.run("timeline", "disk0", "--json", "--data", daemon.data().toString()).done().json();
  }

  private Path restore(Daemon daemon, String instant) {
    Path image = directory.resolve("restored.img");
    String data = daemon.data().toString();
    Cli.run("restore", "disk0", "--at", instant, "--to", image.toString(), "--data", data).done();
    return image;
  }

  /** What stands after {@code key} in the line that begins with it. */
  private static String word(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key + " "))
        .map(line -> line.split(" +", -1)[1])
        .findFirst()
        .orElseThrow();
  }

  /** The MD5 of a file's first {@code length} bytes. */
  private static String md5(Path file, long length) throws Exception {
    MessageDigest md5 = MessageDigest.getInstance("MD5");
    byte[] buffer = new byte[MIB];
    try (InputStream in = Files.newInputStream(file)) {
      for (long left = length; left > 0; ) {
        int count = in.readNBytes(buffer, 0, Math.toIntExact(Math.min(left, buffer.length)));
        assertThat(count).as("bytes left in %s", file).isPositive();
        md5.update(buffer, 0, count);
        left -= count;
      }
    }
    return HexFormat.of().formatHex(md5.digest());
  }
}
