package io.everwhen.appliance.guest;

import io.everwhen.appliance.testing.Daemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What open-iscsi and the target agree on at login. */
@InGuest
class LinuxLoginIT {

  private static final String INITIATOR_SECRET = "it-is-alice-12345";
  private static final String TARGET_SECRET = "it-is-everwhen-67890";

  @TempDir private Path directory;

  @Test
  void chapProvesTheInitiatorAndWhereAskedTheTarget(Guest guest) throws Exception {
    Path config =
        Files.writeString(
            directory.resolve("everwhen.yaml"),
            """
            disks:
              - name: one-way
                size: 16MiB
                chap: {user: alice, secret_file: %1$s}
              - name: mutual
                size: 16MiB
                chap: {user: alice, secret_file: %1$s, mutual_user: everwhen, mutual_secret_file: %2$s}
            """
                .formatted(
                    secret("initiator.secret", INITIATOR_SECRET),
                    secret("target.secret", TARGET_SECRET)));
    try (Daemon daemon = new Daemon(directory, "--config", config.toString()).start()) {
      guest.run(
          "chap",
          Guest.portal(daemon),
          "ONE_WAY=" + Guest.iqn("one-way"),
          "MUTUAL=" + Guest.iqn("mutual"),
          "INITIATOR_SECRET=" + INITIATOR_SECRET,
          "TARGET_SECRET=" + TARGET_SECRET);
    }
  }

  @Test
  void headersAndDataGoUnderDigests(Guest guest) throws Exception {
    try (Daemon daemon = new Daemon(directory, "--disk", "disk0=16MiB").start()) {
      guest.run("digests", Guest.target("disk0"), Guest.portal(daemon));
    }
  }

  private Path secret(String name, String secret) throws IOException {
    Path file = directory.resolve(name);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, secret + "\n");
  }
}
