package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.Folder;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.StoppedException;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Groups that are closed while there is still much to do. */
class CloseTest {

  private static final int SECTOR_BYTES = 512;
  private static final int SECTORS = 128;
  private static final int WRITERS = 3;
  private static final int ROUNDS = 20;
  private static final List<Manifest.Disk> DISKS =
      List.of(new Manifest.Disk(0, "disk0", (long) SECTORS * SECTOR_BYTES, SECTOR_BYTES));

  private static final GroupOptions OPTIONS =
      new GroupOptions(
          new JournalOptions(1 << 20, 0),
          16 << 20,
          64 << 10,
          256 << 10,
          Duration.ofMillis(20),
          true);

  @Test
  void whatTheImageLacksWhenTimeIsUpIsThereAfterTheNextOpening() throws IOException {
    for (long seed = 0; seed < ROUNDS; seed++) {
      SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(seed));
      RandomHistory history = new RandomHistory(machine, seed);
      history.create();
      history.open();
      for (int i = 0; i < 10; i++) {
        history.write();
      }
      history.runOutOfPatience();
      history.close();
      history.open();
      LiveChecks.check(history);
      history.close();
      LiveChecks.checkImages(history);
    }
  }

  @Test
  void aFoldThatIsGivenUpHalfWayIsDoneOnceMoreAndTheHistoryIsWholeMeanwhile() throws IOException {
    int givenUp = 0;
    for (long seed = 0; seed < ROUNDS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      SimulatedMachine machine = new SimulatedMachine(random.split());
      RandomHistory history = new RandomHistory(machine, seed);
      history.create();
      history.open();
      for (int i = 0; i < 120; i++) {
        history.write();
      }
      history.close();
      Storage journal = RandomHistory.journalOf(machine);
      JournalFiles files = new JournalFiles(journal);
      Manifest manifest = files.readManifest();
      int[] left = {random.nextInt(30)};
      Folder folder =
          new Folder(
              files, manifest.encrypts() ? files.openKeys(manifest, RandomHistory.SECRET) : null);
      givenUp += folder.fold(manifest, () -> left[0]-- == 0).isEmpty() ? 1 : 0;
      PastChecks.check(journal, history.oracle(), 5, random);
      history.open();
      LiveChecks.check(history);
      history.close();
      PastChecks.check(journal, history.oracle(), 5, random);
      assertThat(files.readManifest().folding()).isZero();
    }
    assertThat(givenUp).isPositive();
  }

  @Test
  void aChangeBesideTheCloseIsKeptOrRefused(@TempDir Path directory) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      SplittableRandom random = new SplittableRandom(round);
      Storage journal = DiskStorage.create(directory.resolve("journal" + round));
      List<Storage> homes = List.of(DiskStorage.create(directory.resolve("disk" + round)));
      Group.create(journal, homes, DISKS, new SystemClock(), random.split());
      Group group = Group.open(journal, homes, OPTIONS, new SystemClock(), random.split());
      List<Future<Long>> settled = new ArrayList<>();
      try (ExecutorService executor = Executors.newCachedThreadPool()) {
        CountDownLatch writing = new CountDownLatch(WRITERS);
        for (int i = 0; i < WRITERS; i++) {
          int writer = i;
          settled.add(executor.submit(() -> writeUntilRefused(group, writer, writing)));
        }
        writing.await();
        group.close();
      }
      ByteBuffer found = ByteBuffer.allocate(WRITERS * SECTOR_BYTES);
      try (Group again = Group.open(journal, homes, OPTIONS, new SystemClock(), random.split())) {
        again.volume(0).read(0, found);
      }
      for (int i = 0; i < WRITERS; i++) {
        assertThat(found.getLong(i * SECTOR_BYTES))
            .as("round %d, writer %d", round, i)
            .isBetween(settled.get(i).get(), settled.get(i).get() + 1);
      }
    }
  }

  @Test
  void aClosedGroupTakesNoChanges(@TempDir Path directory) throws IOException {
    Storage journal = DiskStorage.create(directory.resolve("journal"));
    List<Storage> homes = List.of(DiskStorage.create(directory.resolve("disk0")));
    SplittableRandom random = new SplittableRandom(1);
    Group.create(journal, homes, DISKS, new SystemClock(), random.split());
    Group group = Group.open(journal, homes, OPTIONS, new SystemClock(), random.split());
    group.close();
    ByteBuffer data = ByteBuffer.allocateDirect(SECTOR_BYTES);
    assertThatThrownBy(() -> group.change(() -> group.volume(0).write(0, data)))
        .isInstanceOf(StoppedException.class)
        .hasMessageContaining("closed");
  }

  /** Writes numbers to one sector; the last that was settled. */
  private static long writeUntilRefused(Group group, int writer, CountDownLatch writing) {
    ByteBuffer data = ByteBuffer.allocateDirect(SECTOR_BYTES);
    for (long number = 1; ; number++) {
      data.clear().putLong(0, number);
      try {
        group.change(() -> group.volume(0).write((long) writer * SECTOR_BYTES, data));
        group.volume(0).settle();
      } catch (IOException e) {
        return number - 1;
      } finally {
        writing.countDown();
      }
    }
  }
}
