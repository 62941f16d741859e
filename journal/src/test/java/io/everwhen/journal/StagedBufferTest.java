package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.image.Volume;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.JournalOptions;
import io.everwhen.journal.log.SimulatedClock;
import io.everwhen.journal.log.StoppedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Who changes a buffer between staging and settling gets no entry that differs from its header: the
 * journal stops before it writes one.
 */
@ParameterizedClass
@EnumSource(StagedBufferTest.Place.class)
class StagedBufferTest {

  private static final int SECTOR_BYTES = 512;
  private static final int SECTORS = 16;

  private static final GroupOptions OPTIONS =
      new GroupOptions(
          new JournalOptions(64 << 10, 0), 1 << 30, 1 << 20, 1 << 20, Duration.ofHours(1), false);

  private static final List<Manifest.Disk> DISKS =
      List.of(new Manifest.Disk(0, "disk0", (long) SECTORS * SECTOR_BYTES, SECTOR_BYTES));

  enum Place {
    DISK,
    MEMORY,
    SIMULATED
  }

  enum Breach {
    POSITION_MOVED,
    CONSUMED,
    SHIFTED,
    LIMIT_LOWERED,
    LIMIT_RAISED,
    CLEARED;

    private void of(ByteBuffer data) {
      switch (this) {
        case POSITION_MOVED -> data.position(100);
        case CONSUMED -> data.position(data.limit());
        case SHIFTED -> data.limit(2 * SECTOR_BYTES).position(SECTOR_BYTES);
        case LIMIT_LOWERED -> data.limit(SECTOR_BYTES - 1);
        case LIMIT_RAISED -> data.limit(2 * SECTOR_BYTES);
        case CLEARED -> data.clear();
      }
    }
  }

  @Parameter Place place = Place.DISK;

  @TempDir Path directory;

  private final SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(1));
  private final SimulatedClock clock = new SimulatedClock(1_795_305_600_000_000_000L);
  private Storage journal = new MemoryStorage(1 << 20);
  private Storage home = new MemoryStorage(1 << 20);

  @BeforeEach
  void makeAGroup() throws IOException {
    journal = storage("journal");
    home = storage("disk0");
    Group.create(journal, List.of(home), DISKS, clock, new SplittableRandom(2));
  }

  private Storage storage(String name) throws IOException {
    return switch (place) {
      case DISK -> DiskStorage.create(directory.resolve(name));
      case MEMORY -> new MemoryStorage(1 << 20);
      case SIMULATED -> machine.directory(name);
    };
  }

  private Group open() throws IOException {
    return Group.open(journal, List.of(home), OPTIONS, clock, new SplittableRandom(3));
  }

  private static ByteBuffer filled(int value) {
    ByteBuffer data = ByteBuffer.allocateDirect(4 * SECTOR_BYTES);
    while (data.hasRemaining()) {
      data.put((byte) value);
    }
    return data.clear().limit(SECTOR_BYTES);
  }

  @ParameterizedTest
  @EnumSource
  void aBufferThatIsNotAsItWasStagedStopsTheJournalBeforeAnythingOfItIsWritten(Breach breach)
      throws IOException {
    checkStops(volume -> {
      ByteBuffer data = filled(2);
      volume.write(SECTOR_BYTES, data);
      breach.of(data);
    });
  }

  @Test
  void aBufferThatIsStagedTwiceAtOnceStopsTheJournalBeforeAnythingOfItIsWritten()
      throws IOException {
    checkStops(volume -> {
      ByteBuffer data = filled(2);
      volume.write(SECTOR_BYTES, data);
      volume.write(2 * SECTOR_BYTES, data);
    });
  }

  /** Something that breaks the rules. */
  private interface Staging {
    void stage(Volume volume) throws IOException;
  }

  private void checkStops(Staging staging) throws IOException {
    Group group = open();
    Volume volume = group.volume(0);
    volume.write(0, filled(1));
    volume.settle();
    staging.stage(volume);
    volume.write(3 * SECTOR_BYTES, filled(3));
    assertThatThrownBy(volume::settle)
        .isInstanceOf(StoppedException.class)
        .hasMessageContaining("was changed between staging and settling");
    assertThat(group.status().failure()).contains("changed between staging and settling");
    group.close();

    try (Group again = open()) {
      assertThat(again.status().lastSequence()).isEqualTo(1);
      ByteBuffer all = ByteBuffer.allocateDirect(SECTORS * SECTOR_BYTES);
      again.volume(0).read(0, all);
      for (int i = 0; i < all.capacity(); i++) {
        assertThat(all.get(i)).as("byte %d", i).isEqualTo((byte) (i < SECTOR_BYTES ? 1 : 0));
      }
    }
  }
}
