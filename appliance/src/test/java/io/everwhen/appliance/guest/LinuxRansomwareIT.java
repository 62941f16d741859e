package io.everwhen.appliance.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.appliance.testing.QemuImg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A file system that is in use is attacked: the first bad write is found, and the disk is put back
 * to just before it while the guest stays logged in.
 */
@InGuest
class LinuxRansomwareIT {

  @TempDir private Path directory;

  /**
   * A command that looks whether {@code /data/file0} on the file system of an image is as it was.
   * An image of a disk in use is one of a machine without power: the file system's own journal
   * comes first.
   *
   * @param fetch what puts the image into {@code $image}
   */
  private Path check(String name, String fetch, String sum) throws IOException {
    Path script = directory.resolve(name);
    Files.writeString(
        script,
        """
        #!/bin/bash
        set -euo pipefail
        image=%s/checked.img
        rm -f "$image"
        %s
        e2fsck -fy "$image" >/dev/null 2>&1 || (($? == 1))
        [[ $(debugfs -R 'cat /data/file0' "$image" 2>/dev/null | md5sum) == %s* ]]
        """
            .formatted(directory, fetch, sum));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script;
  }

  /** The checksum of the file in the disk at an instant, by a restore of our own. */
  private String sumAt(Daemon daemon, String at) throws Exception {
    Path image = directory.resolve("restored.img");
    Files.deleteIfExists(image);
    daemon.run("restore", "disk0", "--at", at, "--to", image.toString()).done();
    Processes.run(directory, List.of("e2fsck", "-fy", image.toString()));
    return Processes.run(
            directory,
            List.of("bash", "-c", "debugfs -R 'cat /data/file0' restored.img 2>/dev/null | md5sum"))
        .out()
        .substring(0, 32);
  }

  @Test
  void theFirstBadWriteIsFoundAndTheDiskIsPutBackToBeforeIt(Guest guest) throws Exception {
    QemuImg.need();
    Needs.program("e2fsck", "e2fsprogs");
    Needs.program("debugfs", "e2fsprogs");
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=64MiB").start()) {
      Scenario attack = guest.start("ransomware", Guest.target("disk0"), Guest.portal(daemon));
      attack.awaitLine("attacked");
      String good = sumAt(daemon, "mark:good");
      assertThat(sumAt(daemon, "mark:bad")).isNotEqualTo(good);

      Path command =
          check("check", "qemu-img convert -f raw -O raw \"$EVERWHEN_URL\" \"$image\"", good);
      Outcome bisected =
          daemon
              .run(
                  "bisect",
                  "disk0",
                  "--json",
                  "--good",
                  "mark:good",
                  "--bad",
                  "mark:bad",
                  "--",
                  command.toString())
              .done();
      JsonNode found = bisected.json().getFirst();
      assertThat(found.path("suspect_count").asInt()).as(found.toString()).isEqualTo(1);
      long bad = found.path("first_bad").path("sequence").asLong();
      String before = found.path("last_good").path("at").asString();
      // Not by bisecting: it is right up to that entry, and wrong with it. Between the two there
      // may
      // be one that changes nothing, such as a flush.
      assertThat(before).isIn("seq:" + (bad - 1), "seq:" + (bad - 2));
      assertThat(sumAt(daemon, before)).isEqualTo(good);
      assertThat(sumAt(daemon, "seq:" + (bad - 1))).isEqualTo(good);
      assertThat(sumAt(daemon, "seq:" + bad)).isNotEqualTo(good);

      long attacked =
          daemon
              .run("mark", "disk0", "attacked", "--json")
              .done()
              .json()
              .getFirst()
              .path("sequence")
              .asLong();
      daemon.run("rewind", "disk0", "--at", before).done();
      attack.awaitLine("right");
      daemon.run("rewind", "disk0", "--at", "seq:" + attacked).done();
      attack.finish();
      assertThat(sumAt(daemon, "now")).isNotEqualTo(good);
      daemon.run("verify", "disk0").done();
    }
  }
}
