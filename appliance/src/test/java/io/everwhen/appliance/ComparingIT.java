package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.appliance.testing.QemuImg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The commands that compare and search the past, as they are packaged. */
class ComparingIT {

  private static final int BLOCK = 512;

  @TempDir private Path directory;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
  }

  private Outcome everwhen(String command, Daemon daemon, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(command.split(" ", -1)));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--data", daemon.data().toString()));
    return Cli.runProcess(directory, all.toArray(String[]::new));
  }

  private static byte[] random(int seed, int blocks) {
    byte[] data = new byte[blocks * BLOCK];
    new SplittableRandom(seed).nextBytes(data);
    return data;
  }

  @Test
  void whatDiffersBetweenTwoInstantsIsShown() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(0, random(1, 64), true);
        everwhen("mark disk0 before", daemon).done();
        initiator.write(8, random(2, 8), false);
        initiator.write(12, random(3, 8), false);
        initiator.write(40, random(4, 2), false);
        initiator.write(40, Arrays.copyOfRange(random(1, 64), 40 * BLOCK, 42 * BLOCK), true);
        initiator.write(8191, random(5, 1), true);
      }
      List<JsonNode> timeline = everwhen("timeline disk0 --json", daemon).done().json();
      JsonNode mark =
          timeline.stream()
              .filter(e -> e.path("name").asString().equals("before"))
              .findFirst()
              .orElseThrow();
      List<JsonNode> writes =
          timeline.stream()
              .filter(e -> e.path("kind").asString().equals("write"))
              .filter(e -> e.path("sequence").asLong() > mark.path("sequence").asLong())
              .toList();

      JsonNode diff =
          everwhen("diff disk0 --from mark:before --json", daemon).done().json().getFirst();
      assertThat(diff.path("from").path("sequence").asLong())
          .isEqualTo(mark.path("sequence").asLong());
      assertThat(diff.path("bytes").asLong()).isEqualTo(13 * BLOCK);
      assertThat(diff.path("extents").size()).isEqualTo(2);
      JsonNode first = diff.path("extents").path(0);
      assertThat(first.path("offset").asLong()).isEqualTo(8 * BLOCK);
      assertThat(first.path("length").asLong()).isEqualTo(12 * BLOCK);
      assertThat(first.path("first").path("sequence")).isEqualTo(writes.get(0).path("sequence"));
      assertThat(first.path("first").path("time")).isEqualTo(writes.get(0).path("time"));
      assertThat(first.path("last").path("sequence")).isEqualTo(writes.get(1).path("sequence"));
      assertThat(diff.path("extents").path(1).path("lba").asLong()).isEqualTo(8191);

      JsonNode written =
          everwhen("diff disk0 --from mark:before --written --json --limit 1", daemon)
              .done()
              .json()
              .getFirst();
      assertThat(written.path("extents").size()).isEqualTo(1);
      assertThat(written.path("extent_count").asLong()).isEqualTo(3);
      assertThat(written.path("bytes").asLong()).isEqualTo(15 * BLOCK);

      String text = everwhen("diff disk0 --from mark:before --limit 1", daemon).done().out();
      assertThat(text)
          .containsPattern(
              "(?m)^8-19 +4096 +6144 +seq:%d \\("
                  .formatted(writes.getFirst().path("sequence").asLong()))
          .contains("... and 1 more\n", "6656 bytes in 2 extents differ between seq:");

      assertThat(everwhen("diff disk0 --from mark:befor", daemon).failed().err())
          .contains("did you mean before?");
      assertThat(everwhen("diff disk0 --from now --to mark:before", daemon).failed().err())
          .contains("is later than 'mark:before'");
      assertThat(everwhen("diff disk0 --from seq:0 --limit x", daemon).exitCode()).isEqualTo(2);
    }
  }

  @Test
  void everyVersionOfABlockIsListed() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(100, random(1, 8), true);
        initiator.write(200, random(2, 8), true);
        initiator.write(96, random(3, 8), true);
        initiator.unmap(102, 1);
      }
      everwhen("disk resize disk0 2MiB --force", daemon).done();
      List<JsonNode> versions = versions(daemon, "102");
      assertThat(versions.stream().map(v -> v.path("kind").asString()))
          .containsExactly("write", "write", "unmap");
      assertThat(versions.get(1).path("lba").asLong()).isEqualTo(96);
      Path restored = directory.resolve("restored.img");
      byte[][] contents = {blockOf(1, 2), blockOf(3, 6), new byte[BLOCK]};
      for (int i = 0; i < contents.length; i++) {
        String at = versions.get(i).path("at").asString();
        everwhen("restore disk0 --force --at " + at, daemon, "--to", restored.toString()).done();
        assertThat(Arrays.copyOfRange(Files.readAllBytes(restored), 102 * BLOCK, 103 * BLOCK))
            .as(at)
            .isEqualTo(contents[i]);
      }
      assertThat(versions(daemon, "103-104").stream().map(v -> v.path("kind").asString()))
          .containsExactly("write", "write");
      assertThat(versions(daemon, "8000").stream().map(v -> v.path("kind").asString()))
          .containsExactly("resize");
      assertThat(everwhen("history disk0 --lba 102", daemon).done().out())
          .contains("the empty disk", "block 102 of disk0: 3 versions")
          .containsPattern("(?m)^seq:\\d+ .* write +100-107 +4096$");
      assertThat(everwhen("history disk0 --lba 9000", daemon).failed().err())
          .contains("disk0 has the blocks 0 to 4095; it never had block 9000");
    }
  }

  private List<JsonNode> versions(Daemon daemon, String lba) throws Exception {
    JsonNode history =
        everwhen("history disk0 --json --lba " + lba, daemon).done().json().getFirst();
    return List.copyOf(history.path("versions").values());
  }

  private static byte[] blockOf(int seed, int block) {
    return Arrays.copyOfRange(random(seed, 8), block * BLOCK, (block + 1) * BLOCK);
  }

  @Test
  void whatIsExportedIsWhatIsRestored() throws Exception {
    Needs.program("qemu-img", "qemu-utils");
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=10MiB", "--disk", "other=1MiB")) {
      daemon.start();
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(0, random(1, 100), true);
        initiator.write(20_479, random(2, 1), true);
        everwhen("mark disk0 then", daemon).done();
        initiator.write(50, random(3, 100), true);
      }
      everwhen("restore disk0 --at mark:then --to then.raw --verify", daemon).done();
      for (String format : List.of("qcow2", "vhdx", "vmdk", "raw")) {
        String image = "then." + format;
        everwhen("export disk0 --at mark:then --force --to " + image, daemon).done();
        if (!format.equals("raw") && !format.equals("vmdk")) {
          Processes.output(directory, "qemu-img", "check", "-f", format, image);
        }
        assertThat(
                Processes.output(
                    directory, "qemu-img", "compare", "-f", "raw", "-F", format, "then.raw", image))
            .contains("Images are identical");
      }
      try (Stream<Path> files = Files.list(directory)) {
        assertThat(files.map(p -> p.getFileName().toString()))
            .containsExactlyInAnyOrder(
                "data", "journal", "then.raw", "then.qcow2", "then.vhdx", "then.vmdk");
      }
      assertThat(everwhen("export disk0 --at now --to then.vmdk", daemon).failed().err())
          .contains("then.vmdk is there already; --force overwrites it");
      Files.createDirectory(directory.resolve("both"));
      assertThat(everwhen("restore disk0 other --at now --to both", daemon).failed().err())
          .contains("other is not in the group of disk0");
    }
  }

  @Test
  void theEntryThatMadeADiskBadIsFound() throws Exception {
    Needs.program("qemu-io", "qemu-utils");
    QemuImg.need();
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(100, pattern(0x11), true);
        everwhen("mark disk0 healthy", daemon).done();
        for (int i = 0; i < 60; i++) {
          // Writes the letter again, next to it, or elsewhere; once it is another.
          initiator.write(
              i % 3 == 0 ? 100 : 96 + i * 8, pattern(i < 42 || i % 3 != 0 ? 0x11 : 0x22), false);
          if (i % 10 == 9) {
            initiator.flush();
          }
        }
      }
      List<JsonNode> timeline = everwhen("timeline disk0 --json", daemon).done().json();
      // The first letter, and then one of every three writes; the 15th of those is bad.
      JsonNode bad =
          timeline.stream()
              .filter(e -> e.path("kind").asString().equals("write"))
              .filter(e -> e.path("offset").asLong() == 100 * BLOCK)
              .skip(15)
              .findFirst()
              .orElseThrow();
      JsonNode flush =
          timeline.stream()
              .filter(e -> e.path("kind").asString().equals("flush"))
              .filter(e -> e.path("sequence").asLong() < bad.path("sequence").asLong())
              .reduce((first, second) -> second)
              .orElseThrow();
      String check =
          "! qemu-io -r -f raw -c 'read -P 0x11 51200 512' \"$EVERWHEN_URL\" | grep 'verification failed'";
      Outcome outcome = bisect(daemon, "mark:healthy", "now", "sh", "-c", check).done();
      JsonNode found = outcome.json().getFirst();
      assertThat(found.path("suspect_count").asLong()).as("%s", outcome).isEqualTo(1);
      assertThat(found.path("suspects").path(0).path("sequence")).isEqualTo(bad.path("sequence"));
      assertThat(found.path("suspects").path(0).path("lba").asLong()).isEqualTo(100);
      assertThat(found.path("first_bad").path("sequence")).isEqualTo(bad.path("sequence"));
      assertThat(found.path("last_flush").path("sequence")).isEqualTo(flush.path("sequence"));
      assertThat(found.path("checks").asInt()).isLessThanOrEqualTo(8);
      assertThat(outcome.err()).contains("verification failed", ": good; about");

      Path restored = directory.resolve("restored.img");
      String at = found.path("last_good").path("at").asString();
      everwhen("restore disk0 --at " + at, daemon, "--to", restored.toString()).done();
      assertThat(Arrays.copyOfRange(Files.readAllBytes(restored), 100 * BLOCK, 101 * BLOCK))
          .isEqualTo(pattern(0x11));

      assertThat(bisect(daemon, "mark:healthy", "now", "false").failed().err())
          .contains("is bad, and it has to be good for a search");
      assertThat(bisect(daemon, "mark:healthy", "now", "/no/such/command").failed().err())
          .contains("the command cannot be run");
      Outcome skipping =
          bisect(
              daemon,
              "mark:healthy",
              "now",
              "sh",
              "-c",
              "case $EVERWHEN_INSTANT in seq:%d|seq:%d) exit 125;; esac; %s"
                  .formatted(
                      bad.path("sequence").asLong() - 1, bad.path("sequence").asLong(), check));
      assertThat(skipping.done().json().getFirst().path("suspect_count").asLong())
          .as("%s", skipping)
          .isEqualTo(3);
      assertThat(skipping.json().getFirst().path("skipped").asBoolean()).isTrue();
      assertThat(everwhen("status --json", daemon).done().json().getFirst().path("past").size())
          .as("past disks that are still open")
          .isZero();
      daemon.terminate();
      assertThat(bisect(daemon, "mark:healthy", "now", "true").failed().err())
          .contains("no daemon serves");
    }
  }

  @Test
  void bisectFindsItOnABlockDeviceWithoutADaemon() throws Exception {
    Needs.root("attach a loop device");
    Needs.program("losetup", "mount");
    Path scratch = Files.createDirectory(directory.resolve("scratch"));
    List<String> device = List.of("--device", "--scratch", scratch.toString());
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        initiator.write(100, pattern(0x11), true);
        everwhen("mark disk0 healthy", daemon).done();
        for (int i = 0; i < 40; i++) {
          initiator.write(i % 3 == 0 ? 100 : 96 + i * 8, pattern(i < 27 ? 0x11 : 0x22), false);
        }
        initiator.flush();
      }
      daemon.terminate();
      String check =
          "test \"$(dd if=$EVERWHEN_DEVICE bs=512 skip=100 count=1 status=none | tr -d '\\021' | wc -c)\" = 0";
      JsonNode bad =
          everwhen("timeline disk0 --json", daemon).done().json().stream()
              .filter(e -> e.path("kind").asString().equals("write"))
              .skip(1 + 27)
              .findFirst()
              .orElseThrow();
      Outcome outcome = bisect(daemon, "mark:healthy", "now", device, "sh", "-c", check).done();
      assertThat(outcome.json().getFirst().path("first_bad").path("sequence"))
          .as("%s", outcome)
          .isEqualTo(bad.path("sequence"));
      // What it finds is read-only, and whatever the command does it is not attached afterwards.
      String writes = check + " && ! dd if=/dev/zero of=$EVERWHEN_DEVICE bs=512 count=1";
      outcome = bisect(daemon, "mark:healthy", "now", device, "sh", "-c", writes).done();
      assertThat(outcome.json().getFirst().path("first_bad").path("sequence"))
          .isEqualTo(bad.path("sequence"));
      String keeps = "sleep 2 < $EVERWHEN_DEVICE > /dev/null 2>&1 &";
      assertThat(bisect(daemon, "mark:healthy", "now", device, "sh", "-c", keeps).failed().err())
          .contains("is still in use after the command has ended");
      Thread.sleep(2500);
      assertThat(Processes.output(directory, "losetup", "--list")).doesNotContain("everwhen-disk0");
      try (Stream<Path> left = Files.list(scratch)) {
        assertThat(left).isEmpty();
      }
    }
  }

  private Outcome bisect(Daemon daemon, String good, String bad, String... command)
      throws Exception {
    return bisect(daemon, good, bad, List.of(), command);
  }

  private Outcome bisect(
      Daemon daemon, String good, String bad, List<String> more, String... command)
      throws Exception {
    List<String> all = new ArrayList<>(List.of("--json", "--good", good, "--bad", bad, "--data"));
    all.add(daemon.data().toString());
    all.addAll(more);
    all.add("--");
    all.addAll(List.of(command));
    List<String> arguments = new ArrayList<>(List.of("bisect", "disk0"));
    arguments.addAll(all);
    return Cli.runProcess(directory, arguments.toArray(String[]::new));
  }

  private static byte[] pattern(int value) {
    byte[] block = new byte[BLOCK];
    Arrays.fill(block, (byte) value);
    return block;
  }

  @Test
  void whatWasProvenIsInTheStatus() throws Exception {
    QemuImg.need();
    Needs.program("qemu-io", "qemu-utils");
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=4MiB").start()) {
      try (LibiscsiInitiator initiator = daemon.connect("disk0")) {
        for (int i = 0; i < 20; i++) {
          initiator.write(i, pattern(0x11), i == 19);
        }
      }
      String check = "qemu-io -r -f raw -c 'read 0 4M' $EVERWHEN_URL";
      List<JsonNode> proven = prove(daemon, "4", check).done().json();
      assertThat(proven.size()).isBetween(2, 5);
      assertThat(proven.stream().map(p -> p.path("verdict").asString())).containsOnly("good");
      JsonNode newest = proven.getLast();
      JsonNode status =
          everwhen("status --json", daemon)
              .done()
              .json()
              .getFirst()
              .path("disks")
              .path(0)
              .path("proven");
      assertThat(status.path("sequence")).isEqualTo(newest.path("sequence"));
      assertThat(status.path("time")).isEqualTo(newest.path("time"));
      assertThat(status.path("took_millis")).isEqualTo(newest.path("took_millis"));
      assertThat(everwhen("status", daemon).done().out())
          .contains("last proven           seq:" + newest.path("sequence").asLong());

      Outcome failed = prove(daemon, "0", "exit 7").failed();
      assertThat(failed.json().getFirst().path("exit_code").asInt()).isEqualTo(7);
      assertThat(failed.err()).contains("1 instant does not pass the check");
    }
  }

  private Outcome prove(Daemon daemon, String random, String check) throws Exception {
    return Cli.runProcess(
        directory,
        "prove",
        "disk0",
        "--json",
        "--random",
        random,
        "--data",
        daemon.data().toString(),
        "--",
        "sh",
        "-c",
        check);
  }
}
