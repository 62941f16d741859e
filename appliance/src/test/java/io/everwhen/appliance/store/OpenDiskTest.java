package io.everwhen.appliance.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.target.block.Extent;
import io.everwhen.target.scsi.DiskIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
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

  @Test
  void withoutAWriteCacheEachChangeIsDurableWhenItIsSettledAndNoFlushIsNoted() throws Exception {
    try (OpenGroup group = open("here")) {
      OpenDisk open = group.disks().getFirst();
      assertThat(open.writeCache()).isTrue();
      JournaledDisk disk = new JournaledDisk(open.group(), 0);
      disk.write(0, ByteBuffer.allocateDirect(512));
      disk.settle();
      open.writeCache(false);
      assertThat(open.writeCache()).isFalse();
      assertThat(open.group().status().durableSequence()).as("what was before").isEqualTo(1);
      disk.writeThrough(true);
      for (int i = 2; i <= 50; i += 2) {
        disk.write(i, ByteBuffer.allocateDirect(512));
        disk.settle();
        assertThat(open.group().status().durableSequence()).isEqualTo(i);
        disk.zero(List.of(new Extent(i, 1)), true);
        disk.settle();
        assertThat(open.group().status().durableSequence()).isEqualTo(i + 1);
      }
      assertThat(open.group().status().lastSequence()).isEqualTo(51);
    }
  }

  /** What initiators recognise the disk {@code disk0} of an appliance by. */
  private DiskIdentity identity(String appliance) throws IOException {
    try (OpenGroup group = open(appliance)) {
      return group.disks().getFirst().identity();
    }
  }

  private OpenGroup open(String appliance) throws IOException {
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
    return OpenGroup.open(
        data, new StoredGroup(List.of(stored)), new SystemClock(), new SecureRandom());
  }
}
