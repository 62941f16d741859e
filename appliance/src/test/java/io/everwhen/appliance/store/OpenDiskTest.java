package io.everwhen.appliance.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.target.scsi.DiskIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenDiskTest {

  @TempDir private Path directory;

  @Test
  void aDiskIsRecognisedAfterARestartAndNotTakenForOneOfTheSameNameElsewhere() throws Exception {
    DiskIdentity here = identity("here");
    assertThat(identity("here")).isEqualTo(here);
    assertThat(identity("elsewhere")).isNotEqualTo(here);
  }

  /** What initiators recognise the disk {@code disk0} of an appliance by. */
  private DiskIdentity identity(String appliance) throws IOException {
    DataDirectory data = DataDirectory.create(directory.resolve(appliance));
    Path journal = directory.resolve(appliance + "-journal");
    long historyBytes = GroupOptions.DEFAULT.historyBytes();
    StoredDisk stored =
        new StoredDisk(
            new DiskName("disk0"),
            1 << 20,
            512,
            journal,
            historyBytes,
            false,
            EncodingConfig.PLAIN);
    try (OpenDisk disk = OpenDisk.open(data, stored, new SystemClock(), new SecureRandom())) {
      return disk.identity();
    }
  }
}
