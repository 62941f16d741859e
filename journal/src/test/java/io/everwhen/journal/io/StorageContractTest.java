package io.everwhen.journal.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link Storage} does alike. */
class StorageContractTest {

  enum Kind {
    DISK,
    MEMORY,
    SIMULATED
  }

  @TempDir Path directory = Path.of("");

  private Storage storage(Kind kind) throws IOException {
    return switch (kind) {
      case DISK -> DiskStorage.create(directory);
      case MEMORY -> new MemoryStorage(16 << 20);
      case SIMULATED -> new SimulatedMachine(new SplittableRandom(1)).directory("directory");
    };
  }

  @ParameterizedTest
  @EnumSource
  void readsWhatWasWrittenAndZerosWhereNothingWas(Kind kind) throws IOException {
    try (StorageFile file = storage(kind).create("file")) {
      file.setSize(200_000);
      file.write(100_000, new ByteBuffer[] {bytes(1, 3), bytes(2, 5), bytes(3, 7)}, 2);
      ByteBuffer found = ByteBuffer.allocate(10);
      file.readFully(99_999, found);
      assertThat(found.array()).containsExactly(0, 1, 1, 1, 2, 2, 2, 2, 2, 0);
      assertThat(file.read(199_999, ByteBuffer.allocate(5))).isEqualTo(1);
      assertThat(file.read(300_000, ByteBuffer.allocate(5))).isEqualTo(0);
      assertThat(file.size()).isEqualTo(200_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void gatheredWritesGoWhereTheyShouldWhateverCameBetween(Kind kind) throws IOException {
    try (StorageFile file = storage(kind).create("file")) {
      file.write(0, new ByteBuffer[] {bytes(1, 3)}, 1);
      file.write(3, new ByteBuffer[] {bytes(2, 3)}, 1);
      file.write(100, bytes(9, 3));
      file.write(6, new ByteBuffer[] {bytes(3, 3)}, 1);
      file.setSize(2);
      file.write(9, new ByteBuffer[] {bytes(4, 3)}, 1);
      file.write(4, new ByteBuffer[] {bytes(5, 3)}, 1);
      ByteBuffer found = ByteBuffer.allocate(12);
      file.readFully(0, found);
      assertThat(found.array()).containsExactly(1, 1, 0, 0, 5, 5, 5, 0, 0, 4, 4, 4);
      assertThat(file.size()).isEqualTo(12);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aHoleReadsAsZerosAndLeavesWhatIsAroundItAndTheSize(Kind kind) throws IOException {
    try (StorageFile file = storage(kind).create("file")) {
      file.write(0, bytes(9, 300_000));
      file.punchHole(1_000, 298_000);
      ByteBuffer found = ByteBuffer.allocate(300_000);
      file.readFully(0, found);
      for (int i = 0; i < 300_000; i++) {
        assertThat(found.get(i)).isEqualTo((byte) (i < 1_000 || i >= 299_000 ? 9 : 0));
      }
      assertThat(file.size()).isEqualTo(300_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void nextDataNeverPassesOverData(Kind kind) throws IOException {
    try (StorageFile file = storage(kind).create("file")) {
      file.setSize(1 << 20);
      file.write(600_000, bytes(1, 10));
      assertThat(file.nextData(0)).isLessThanOrEqualTo(600_000);
      assertThat(file.nextData(600_005)).isEqualTo(600_005);
      assertThat(file.nextData(1 << 20)).isEqualTo(1 << 20);
    }
  }

  @ParameterizedTest
  @EnumSource
  void nextHoleNeverPassesOverOneThatIsKnownAndNeverEndsWithinData(Kind kind) throws IOException {
    try (StorageFile file = storage(kind).create("file")) {
      file.setSize(2 << 20);
      file.write(1 << 20, bytes(1, 70_000));
      assertThat(file.nextHole((1 << 20) + 5)).isBetween((1 << 20) + 70_000L, 2L << 20);
      assertThat(file.nextHole(2 << 20)).isEqualTo(2 << 20);
      if (file.nextData(0) > 0) {
        assertThat(file.nextHole(0)).as("a file system that knows holes").isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void allocatingExtendsAndKeepsContent(Kind kind) throws IOException {
    try (StorageFile file = storage(kind).create("file")) {
      file.write(0, bytes(5, 10));
      file.allocate(100_000);
      assertThat(file.size()).isEqualTo(100_000);
      file.allocate(50_000);
      assertThat(file.size()).isEqualTo(100_000);
      ByteBuffer found = ByteBuffer.allocate(11);
      file.readFully(0, found);
      assertThat(found.get(9)).isEqualTo((byte) 5);
      assertThat(found.get(10)).isEqualTo((byte) 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void cuttingAndExtendingAgainLeavesZeros(Kind kind) throws IOException {
    try (StorageFile file = storage(kind).create("file")) {
      file.write(0, bytes(5, 1000));
      file.setSize(10);
      file.setSize(1000);
      ByteBuffer found = ByteBuffer.allocate(990);
      file.readFully(10, found);
      assertThat(found.array()).containsOnly(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void namesAreCreatedOnceRenamedOverOthersAndDeletedQuietly(Kind kind) throws IOException {
    Storage storage = storage(kind);
    storage.create("b").close();
    try (StorageFile file = storage.create("a")) {
      file.write(0, bytes(1, 4));
    }
    assertThatThrownBy(() -> storage.create("a")).isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> storage.open("c")).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> storage.size("c")).isInstanceOf(NoSuchFileException.class);
    storage.rename("a", "b");
    storage.syncDirectory();
    assertThat(storage.list()).containsExactly("b");
    assertThat(storage.size("b")).isEqualTo(4);
    storage.delete("b");
    storage.delete("b");
    assertThat(storage.exists("b")).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void aDeletedFileThatIsOpenIsStillRead(Kind kind) throws IOException {
    Storage storage = storage(kind);
    try (StorageFile file = storage.create("a")) {
      file.write(0, bytes(7, 4));
      storage.delete("a");
      ByteBuffer found = ByteBuffer.allocate(4);
      file.readFully(0, found);
      assertThat(found.array()).containsOnly(7);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMappedFileIsReadUntilTheMapsAreClosedAlsoWhenItIsClosedAndDeleted(Kind kind)
      throws IOException {
    Storage storage = storage(kind);
    int before = FileMaps.inProcess();
    try (FileMaps maps = new FileMaps()) {
      ByteBuffer small;
      ByteBuffer large;
      try (StorageFile file = storage.create("a")) {
        file.write(0, bytes(7, 3));
        small = maps.map(file);
        assertThat(FileMaps.inProcess()).as("a small file is copied").isEqualTo(before);
        file.write(3, bytes(8, 99_997));
        large = maps.map(file);
        assertThat(FileMaps.inProcess()).isEqualTo(before + 1);
      }
      storage.delete("a");
      assertThat(small.remaining()).isEqualTo(3);
      assertThat(large.remaining()).isEqualTo(100_000);
      assertThat(large.isReadOnly()).isTrue();
      assertThat(large.get(2)).isEqualTo((byte) 7);
      assertThat(large.get(99_999)).isEqualTo((byte) 8);
    }
    assertThat(FileMaps.inProcess()).isEqualTo(before);
  }

  @Test
  void aMappedFileThatIsReadAfterItsMapsWereClosedIsAnErrorAndNoCrash() throws IOException {
    FileMaps maps = new FileMaps();
    ByteBuffer mapped;
    try (StorageFile file = storage(Kind.DISK).create("a")) {
      file.write(0, bytes(7, 100_000));
      mapped = maps.map(file);
    }
    maps.close();
    assertThatThrownBy(() -> mapped.get(5)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aMappedFileThatTheVolumeFailsToReadIsAnErrorAndNoCrash() throws IOException {
    try (FileMaps maps = new FileMaps();
        StorageFile file = storage(Kind.DISK).create("a")) {
      file.write(0, bytes(7, 1 << 20));
      ByteBuffer mapped = maps.map(file);
      // As a read error is: the memory is there, but nothing can be read into it.
      file.setSize(0);
      assertThatThrownBy(() -> mapped.get(1 << 19, new byte[1 << 16]))
          .isInstanceOf(InternalError.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anExclusiveLockKeepsOthersOutAndSharedOnesDoNotKeepOutEachOther(Kind kind)
      throws IOException {
    Storage storage = storage(kind);
    Closeable first = storage.tryLock("lock", Storage.LockMode.SHARED).orElseThrow();
    Closeable second = storage.tryLock("lock", Storage.LockMode.SHARED).orElseThrow();
    first.close();
    assertThat(storage.tryLock("lock", Storage.LockMode.EXCLUSIVE)).isEmpty();
    second.close();
    Closeable alone = storage.tryLock("lock", Storage.LockMode.EXCLUSIVE).orElseThrow();
    assertThat(storage.tryLock("lock", Storage.LockMode.SHARED)).isEmpty();
    assertThat(storage.tryLock("lock", Storage.LockMode.EXCLUSIVE)).isEmpty();
    alone.close();
    storage.tryLock("lock", Storage.LockMode.EXCLUSIVE).orElseThrow().close();
  }

  private static ByteBuffer bytes(int value, int count) {
    ByteBuffer b = ByteBuffer.allocate(count);
    for (int i = 0; i < count; i++) {
      b.put((byte) value);
    }
    return b.flip();
  }
}
