package io.everwhen.appliance.guest;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is changed about a disk while Linux is logged in is seen there without a new login. */
@InGuest
class LinuxChangesIT {

  @TempDir private Path directory;

  @Test
  void aGrownDiskIsSeenByAMountedFileSystem(Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=64MiB").start()) {
      Scenario scenario =
          guest.start(
              "resize", Guest.target("disk0"), Guest.portal(daemon), "BYTES=" + (256L << 20));
      scenario.awaitLine("mounted");
      run(daemon, "disk", "resize", "disk0", "256MiB");
      scenario.finish();
      run(daemon, "verify");
    }
  }

  @Test
  void aLunThatIsAddedIsFoundWithoutANewLogin(Guest guest) throws Exception {
    Path config = configure("{0: db}");
    try (Daemon daemon = new Daemon(directory, "--config", config.toString()).start()) {
      Scenario scenario = guest.start("luns", Guest.target("cluster"), Guest.portal(daemon));
      scenario.awaitLine("one");
      configure("{0: db, 1: logs}");
      run(daemon, "reload");
      scenario.finish();
    }
  }

  @Test
  void aDiskIsReadOnlyAsLongAsItIsSaidToBe(Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      Scenario scenario = guest.start("read-only", Guest.target("disk0"), Guest.portal(daemon));
      scenario.awaitLine("writable");
      run(daemon, "disk", "set", "disk0", "--read-only");
      scenario.awaitLine("read-only");
      run(daemon, "disk", "set", "disk0", "--read-write");
      scenario.finish();
    }
  }

  private Path configure(String luns) throws IOException {
    return Files.writeString(
        directory.resolve("everwhen.yaml"),
        """
        disks:
          - {name: db, size: 16MiB}
          - {name: logs, size: 32MiB}
        targets:
          cluster:
            luns: %s
        """
            .formatted(luns));
  }

  private static void run(Daemon daemon, String... command) {
    String[] arguments = Arrays.copyOf(command, command.length + 2);
    arguments[command.length] = "--data";
    arguments[command.length + 1] = daemon.data().toString();
    Cli.run(arguments).done();
  }
}
