package io.everwhen.appliance.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.EncodingConfig;
import io.everwhen.journal.Group;
import io.everwhen.journal.GroupOptions;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins.Pin;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.target.block.DeviceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What branches are on disk, and what is served of one that is full. */
class BranchStoreTest {

  private static final int SEGMENT_BYTES = 64 << 10;
  private static final int BYTES = 2 << 20;
  private static final int BLOCK = 4096;

  @TempDir private Path directory;
  private final SystemClock clock = new SystemClock();
  private final SplittableRandom random = new SplittableRandom();

  private DiskStorage storage(String name) throws IOException {
    return DiskStorage.create(directory.resolve(name));
  }

  private Group open(String name) throws IOException {
    GroupOptions options =
        new GroupOptions(
            new JournalOptions(SEGMENT_BYTES, 0),
            4 * SEGMENT_BYTES,
            1,
            1 << 20,
            Duration.ofHours(1),
            false);
    return Group.open(
        storage(name + " journal"), List.of(storage(name)), options, clock, random.split());
  }

  private Group db() throws IOException {
    Manifest.Disk disk = new Manifest.Disk(0, "db", BYTES, 512);
    Group.create(
        storage("db journal"), List.of(storage("db")), List.of(disk), clock, random.split());
    return open("db");
  }

  @Test
  void aBranchThatIsFullRefusesChangesAndCanBeFlushedAndRead() throws IOException {
    try (Group db = db()) {
      db.mark("then");
      long sequence = db.status().lastSequence();
      db.pin(new Pin("branch trial", sequence, clock.wallNanos()));
      Group.createBranch(
          storage("trial journal"),
          storage("trial"),
          new Manifest.Disk(0, "trial", BYTES, 512),
          new Manifest.Origin(db.id(), 0, sequence, "db journal"),
          clock,
          random.split());
      try (Group trial = open("trial")) {
        JournaledDisk disk = new JournaledDisk(trial, 0);
        byte[] data = new byte[BLOCK];
        random.nextBytes(data);
        assertThatThrownBy(
                () -> {
                  for (int at = 0; at < BYTES; at += BLOCK) {
                    disk.write(at / 512, ByteBuffer.wrap(data));
                    disk.settle();
                    while (trial.maintain()) {
                      assertThat(trial.isBranch()).isTrue();
                    }
                  }
                })
            .isInstanceOf(DeviceException.class)
            .hasMessageContaining("does not fit into its journal");
        disk.flush();
        ByteBuffer found = ByteBuffer.allocate(BLOCK);
        disk.read(0, found);
        assertThat(found.array()).isEqualTo(data);
      }
    }
  }

  @Test
  void anInstantThatIsHeldUnderANameThatNoDiskHasIsNoBranch() throws IOException {
    try (Group db = db()) {
      db.mark("then");
      for (String name : List.of("branch trial", "branch of March")) {
        db.pin(new Pin(name, db.status().lastSequence(), clock.wallNanos()));
      }
      assertThat(new Snapshots(db, storage("db journal")).branches())
          .containsExactly(new DiskName("trial"));
    }
  }

  @Test
  void whatIsLeftOfABranchWhoseDeletionWasInterruptedIsDeletedLater() throws IOException {
    DataDirectory data = DataDirectory.create(directory.resolve("data"));
    DiskName name = new DiskName("trial");
    StoredDisk branch =
        new StoredDisk(
                name,
                BYTES,
                512,
                data.journalFor(name),
                GroupOptions.DEFAULT.historyBytes(),
                false,
                EncodingConfig.PLAIN)
            .withBranch(new StoredDisk.Branch(new DiskName("db"), 7, false));
    data.note(branch);
    Path home = data.home(name).directory();
    Files.writeString(home.resolve("image"), "content");
    // A directory that is not empty cannot be deleted as a file is.
    Path inTheWay = Files.createDirectories(branch.journal().resolve("in the way"));
    Files.writeString(inTheWay.resolve("file"), "content");
    assertThatThrownBy(() -> data.deleteBranch(branch)).isInstanceOf(IOException.class);
    assertThat(data.disks()).isEmpty();
    assertThat(data.isFree(name)).isFalse();
    Files.delete(inTheWay.resolve("file"));
    Files.delete(inTheWay);
    data.finishDeleting();
    assertThat(data.isFree(name)).isTrue();
    assertThat(branch.journal()).doesNotExist();
  }
}
