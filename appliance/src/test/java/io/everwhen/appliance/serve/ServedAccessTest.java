package io.everwhen.appliance.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.testing.Outcome;
import io.everwhen.appliance.testing.Processes;
import io.everwhen.appliance.testing.QemuImg;
import io.everwhen.journal.log.SystemClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the configuration says of who may use a disk holds for an initiator of other people. */
class ServedAccessTest {

  @TempDir private Path directory;

  @BeforeEach
  void need() throws Exception {
    QemuImg.need();
  }

  @Test
  void aDiskIsOpenToThoseWhomTheConfigurationNames() throws Exception {
    Path secret = Files.writeString(directory.resolve("alice.secret"), "first-secret\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path file =
        Files.writeString(
            directory.resolve("everwhen.yaml"),
            """
            data: %s
            listen: 127.0.0.1:0
            admin: 127.0.0.1:0
            disks:
              - {name: open, size: 1MiB}
              - {name: asks, size: 1MiB, chap: {user: alice, secret_file: %s}}
              - {name: elsewhere, size: 1MiB, networks: [192.0.2.0/24]}
              - {name: others, size: 1MiB, initiators: ["iqn.2026-11.test:*"]}
            """
                .formatted(directory.resolve("data"), secret));

    try (Appliance appliance =
        Appliance.start(Config.read(file), new SystemClock(), new SecureRandom())) {
      assertThat(opens(appliance, "", "open")).isTrue();
      assertThat(opens(appliance, "", "asks")).isFalse();
      assertThat(opens(appliance, "alice%wrong-secret@", "asks")).isFalse();
      assertThat(opens(appliance, "alice%first-secret@", "asks")).isTrue();
      assertThat(opens(appliance, "", "elsewhere")).isFalse();
      assertThat(opens(appliance, "", "others")).isFalse();
      assertThat(StatusReport.of(appliance).toString()).doesNotContain("secret", "alice");
    }
  }

  private boolean opens(Appliance appliance, String account, String disk) throws Exception {
    String url =
        "iscsi://%s%s/iqn.2026-11.io.everwhen:%s/0"
            .formatted(account, DaemonFile.text(appliance.portalAddress()), disk);
    Outcome info = Processes.run(directory, List.of("qemu-img", "info", "-f", "raw", url));
    return info.exitCode() == 0;
  }
}
