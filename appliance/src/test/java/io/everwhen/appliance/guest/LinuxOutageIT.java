package io.everwhen.appliance.guest;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Linux does, and keeps, when the target or a way to it goes away. */
@InGuest
class LinuxOutageIT {

  @TempDir private Path directory;

  @Test
  void nothingIsLostWhenTheDaemonIsKilledInMidIo(Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=256MiB").start()) {
      Scenario scenario =
          guest.start("outage", Guest.target("disk0"), Guest.portal(daemon), "OUTAGES=2");
      scenario.awaitLine("kept 5");
      daemon.kill();
      daemon.start();
      scenario.awaitLine("kept 25");
      daemon.kill();
      daemon.start();
      scenario.finish();
      Cli.run("verify", "--data", daemon.data().toString()).done();
    }
  }

  @Test
  void aCutPathIsLeftForTheOtherWithoutAnError(Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=256MiB").start();
        Forwarder first = new Forwarder(daemon.port());
        Forwarder second = new Forwarder(daemon.port())) {
      Scenario scenario =
          guest.start(
              "multipath",
              Guest.target("disk0"),
              "PORTALS=" + Guest.address(first.port()) + "," + Guest.address(second.port()));
      scenario.awaitLine("kept 5");
      first.cut();
      scenario.awaitLine("paths 1");
      first.join();
      scenario.awaitLine("paths 2");
      second.cut();
      scenario.awaitLine("paths 1");
      second.join();
      scenario.awaitLine("paths 2");
      scenario.finish();
    }
  }
}
