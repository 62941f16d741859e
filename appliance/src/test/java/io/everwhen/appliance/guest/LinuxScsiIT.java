package io.everwhen.appliance.guest;

import io.everwhen.appliance.testing.Cli;
import io.everwhen.appliance.testing.Daemon;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk as the tools of sg3-utils see and use it. */
@InGuest
class LinuxScsiIT {

  @TempDir private Path directory;

  @Test
  void theToolsOfSg3UtilsFindWhatTheyLookFor(Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=64MiB").start()) {
      guest.run("scsi", Guest.target("disk0"), Guest.portal(daemon));
      Cli.run("verify", "--data", daemon.data().toString()).done();
    }
  }

  @Test
  void aReservationKeepsTheOtherHostOutUntilItIsTakenAway(Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      guest.run("reservations", Guest.target("disk0"), Guest.portal(daemon));
    }
  }
}
