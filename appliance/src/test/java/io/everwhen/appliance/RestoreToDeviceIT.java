package io.everwhen.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import io.everwhen.appliance.testing.LibiscsiInitiator;
import io.everwhen.appliance.testing.Needs;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore over a block device: a file behind a loop device. */
class RestoreToDeviceIT {

  private static final int MIB = 1 << 20;

  @TempDir private Path directory;
  private @Nullable String device;

  @BeforeEach
  void need() {
    LibiscsiInitiator.need();
    Needs.root("set up a loop device");
    Needs.program("losetup", "mount");
    Needs.program("mkfs.ext4", "e2fsprogs");
  }

  private String device(int bytes) throws Exception {
    Path file = directory.resolve("behind");
    try (RandomAccessFile behind = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] old = new byte[bytes];
      Arrays.fill(old, (byte) 0x55);
      behind.write(old);
    }
    device = Processes.output(directory, "losetup", "--find", "--show", file.toString()).strip();
    return device;
  }

  @AfterEach
  void detach() throws Exception {
    if (device != null) {
      Processes.output(directory, "losetup", "--detach", device);
    }
  }

  private static Outcome restore(Daemon daemon, String device, String... how) {
    List<String> all =
        new ArrayList<>(List.of("restore", "db", "--at", "now", "--to", device, "--data"));
    all.add(daemon.data().toString());
    all.addAll(how.length == 0 ? List.of("--force") : List.of(how));
    return Cli.run(all.toArray(String[]::new));
  }

  private byte[] behind() throws Exception {
    Processes.output(directory, "sync");
    return Files.readAllBytes(directory.resolve("behind"));
  }

  private static byte[] written(Daemon daemon) throws IOException {
    byte[] data = new byte[MIB / 2];
    new SplittableRandom(1).nextBytes(data);
    try (LibiscsiInitiator initiator = daemon.connect("db")) {
      initiator.write(MIB / 512, data, true);
    }
    return data;
  }

  @Test
  void theDeviceHoldsTheDiskAfterwardsZerosAndAll() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=4MiB").start()) {
      byte[] data = written(daemon);
      restore(daemon, device(5 * MIB)).done();
      byte[] expected = new byte[4 * MIB];
      System.arraycopy(data, 0, expected, MIB, data.length);
      assertThat(Arrays.mismatch(Arrays.copyOf(behind(), 4 * MIB), expected)).isEqualTo(-1);
      assertThat(behind()[5 * MIB - 1]).as("behind the disk").isEqualTo((byte) 0x55);
    }
  }

  @Test
  void inPlaceOnlyWhatDiffersIsWrittenAndAllIsReadBack() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=4MiB").start()) {
      byte[] data = written(daemon);
      String to = device(4 * MIB);
      assertThat(restore(daemon, to, "--json").failed().err()).contains("--in-place");
      assertThat(restore(daemon, to, "--in-place", "--verify").done().out())
          .contains("4096 KiB were different and are written", "it was read back");
      byte[] expected = new byte[4 * MIB];
      System.arraycopy(data, 0, expected, MIB, data.length);
      assertThat(Arrays.mismatch(behind(), expected)).isEqualTo(-1);
      try (LibiscsiInitiator initiator = daemon.connect("db")) {
        initiator.write(0, block(7), true);
      }
      assertThat(
              restore(daemon, to, "--in-place", "--json")
                  .done()
                  .json()
                  .getFirst()
                  .path("changed_bytes")
                  .asLong())
          .isEqualTo(4096);
      System.arraycopy(block(7), 0, expected, 0, 512);
      assertThat(Arrays.mismatch(behind(), expected)).isEqualTo(-1);
    }
  }

  private static byte[] block(int content) {
    byte[] block = new byte[512];
    Arrays.fill(block, (byte) content);
    return block;
  }

  @Test
  void aDeviceThatIsTooSmallOrMountedIsLeftAlone() throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "db=4MiB").start()) {
      written(daemon);
      assertThat(restore(daemon, device(3 * MIB)).failed().err()).contains("needs 4194304");
      assertThat(behind()[0]).isEqualTo((byte) 0x55);
      detach();
      String large = device(16 * MIB);
      Processes.output(directory, "mkfs.ext4", "-q", "-F", large);
      Path mount = Files.createDirectory(directory.resolve("mnt"));
      Processes.output(directory, "mount", large, mount.toString());
      try {
        Files.writeString(mount.resolve("letter"), "precious");
        assertThat(restore(daemon, large).failed().err()).contains("in use");
        assertThat(mount.resolve("letter")).hasContent("precious");
      } finally {
        Processes.output(directory, "umount", mount.toString());
      }
    }
  }
}
