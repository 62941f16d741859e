package io.everwhen.appliance.guest;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
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

  private static void run(Daemon daemon, String... command) {
    String[] arguments = Arrays.copyOf(command, command.length + 2);
    arguments[command.length] = "--data";
    arguments[command.length + 1] = daemon.data().toString();
    Cli.run(arguments).done();
  }
}
