package io.everwhen.appliance.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.appliance.config.AdoptedDisk;
import io.everwhen.appliance.config.Config;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.journal.io.CopySource;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.log.SystemClock;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is made of content which is there already, and what keeps it from being made. */
class AdoptionTest {

  private static final DiskName DB = new DiskName("db");
  private static final int HOLE = 3 << 20;

  @TempDir private Path directory;
  private DataDirectory data;
  private Path from;
  private byte[] content;

  @BeforeEach
  void makeSource() throws IOException {
    data = DataDirectory.create(directory.resolve("data"));
    from = directory.resolve("source");
    content = new byte[(2 << 20) + 1536];
    new SplittableRandom(1).nextBytes(content);
    try (RandomAccessFile file = new RandomAccessFile(from.toFile(), "rw")) {
      file.seek(HOLE);
      file.write(content);
    }
  }

  private Config config() {
    return Config.DEFAULT.withData(data.path());
  }

  private StoredDisk wanted(CopySource source) throws IOException {
    DiskConfig disk = new AdoptedDisk(DB, from, false, null).disk(source.sizeBytes());
    return data.diskFor(disk, config());
  }

  private StoredDisk adopt(Pace pace) throws IOException {
    try (CopySource source = CopySource.open(from)) {
      Adoption adoption = Adoption.begin(data, wanted(source), from, source);
      adoption.run(pace, new SystemClock(), new SecureRandom());
      return adoption.disk();
    }
  }

  private void assertNothingIsLeft() throws IOException {
    assertThat(data.path().resolve("disks/db")).doesNotExist();
    try (Stream<Path> journal = Files.list(data.path().resolve("journal/db"))) {
      assertThat(journal).isEmpty();
    }
    assertThat(data.disks()).isEmpty();
    assertThat(data.adopting()).isEmpty();
  }

  @Test
  void theDiskHoldsWhatTheSourceHoldsAndTheSourceStaysAsItIs() throws IOException {
    byte[] before = Files.readAllBytes(from);
    FileTime modified = Files.getLastModifiedTime(from);
    long[] copied = new long[1];
    StoredDisk disk = adopt(bytes -> copied[0] += bytes);
    // The hole is not read, but for the rest of a window.
    assertThat(copied[0]).isBetween((long) content.length, content.length + (1L << 20));
    assertThat(data.disks()).containsExactly(disk);
    assertThat(Files.readAllBytes(from)).isEqualTo(before);
    assertThat(Files.getLastModifiedTime(from)).isEqualTo(modified);
    try (OpenGroup group =
        OpenGroup.open(
            data, new StoredGroup(List.of(disk)), new SystemClock(), new SecureRandom())) {
      JournaledDisk device = new JournaledDisk(group.group(), 0);
      assertThat(device.geometry().byteCount()).isEqualTo(before.length);
      ByteBuffer found = ByteBuffer.allocate(before.length);
      device.read(0, found);
      assertThat(found.array()).isEqualTo(before);
      assertThat(device.run(0).mapped()).isFalse();
    }
    assertThatThrownBy(() -> adopt(Pace.UNBOUNDED)).hasMessageContaining("holds a history already");
  }

  @Test
  void whatIsChangedMeanwhileIsNotKept() {
    for (boolean longer : new boolean[] {false, true}) {
      assertThatThrownBy(() -> adopt(bytes -> change(longer)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("was changed while it was copied");
      assertThatCodeLeavesNothing();
    }
  }

  private void assertThatCodeLeavesNothing() {
    try {
      assertNothingIsLeft();
      adopt(Pace.UNBOUNDED);
      OpenGroup.open(data, new StoredGroup(data.disks()), new SystemClock(), new SecureRandom())
          .close();
      data.remove(data.disks().getFirst(), new SystemClock().wallNanos()).delete();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void change(boolean longer) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(from.toFile(), "rw")) {
      file.seek(longer ? file.length() : 0);
      file.write(new byte[512]);
    }
    Files.setLastModifiedTime(from, FileTime.fromMillis(1000));
  }

  @Test
  void whatIsStoppedLeavesNothing() throws IOException {
    assertThatThrownBy(() ->
            adopt(bytes -> {
              assertThat(data.adopting()).hasSize(1);
              throw new IOException("stopped");
            }))
        .hasMessage("stopped");
    assertNothingIsLeft();
  }

  @Test
  void whileItIsMadeNobodyElseHasItsNameOrItsJournal() throws IOException {
    StoredDisk disk =
        adopt(bytes -> {
          assertThatThrownBy(() -> data.diskFor(DiskConfig.parse("db=1MiB"), config()))
              .hasMessageContaining("db is just being made");
          Path journal = data.path().resolve("journal/db");
          assertThatThrownBy(
                  () -> data.diskFor(DiskConfig.parse("b=1MiB").withJournal(journal), config()))
              .hasMessageContaining("db is just being made");
          data.diskFor(DiskConfig.parse("b=1MiB"), config());
        });
    assertThat(data.disks()).containsExactly(disk);
  }

  /** As it is when the process dies at some moment: what is made then is deleted by the next. */
  @Test
  void whatAnInterruptedOneHasLeftIsDeletedAndNothingElse() throws IOException {
    for (int moment = 0; moment < 3; moment++) {
      StoredDisk disk;
      if (moment == 0) {
        try (CopySource source = CopySource.open(from)) {
          disk = wanted(source);
          data.noteAdopting(disk);
        }
        Path journal = Files.createDirectories(disk.journal());
        Files.write(journal.resolve("baseline-0"), content);
        Files.write(data.path().resolve("disks/db/image.tmp"), content);
      } else {
        disk = adopt(Pace.UNBOUNDED);
        Path home = data.path().resolve("disks/db");
        Files.move(home.resolve("disk"), home.resolve("adopting"));
        if (moment == 2) {
          // A history that somebody has put there since is not that of an adoption.
          Files.createFile(disk.journal().resolve("segment-0000000001"));
        }
      }
      assertThat(data.disks()).isEmpty();
      Adoption.forgetUnfinished(data);
      assertThat(data.adopting()).isEmpty();
      assertThat(data.path().resolve("disks/db")).doesNotExist();
      assertThat(Files.exists(disk.journal().resolve("baseline-0"))).isEqualTo(moment == 2);
    }
  }

  @Test
  void whatCannotBeADiskIsRefused() throws IOException {
    assertThatThrownBy(() -> CopySource.open(directory.resolve("nothing")))
        .hasMessage("there is no file or device " + directory.resolve("nothing"));
    assertThatThrownBy(() -> CopySource.open(directory)).hasMessageContaining("is a directory");
    assertThatThrownBy(() -> CopySource.open(Path.of("/dev/zero")))
        .hasMessage("/dev/zero is neither a file nor a block device");
    AdoptedDisk disk = new AdoptedDisk(DB, from, false, null);
    assertThatThrownBy(() -> disk.disk(1000))
        .hasMessageContaining("has 1000 bytes, which is not a multiple")
        .hasMessageContaining("truncate -s 1024 COPY");
    assertThatThrownBy(() -> disk.disk(0)).hasMessageContaining("is empty");
    assertThatThrownBy(() -> disk.disk((64L << 40) + 512)).hasMessageContaining("at most 64TiB");
    StoredDisk other = adopt(Pace.UNBOUNDED);
    Path image = data.path().resolve("disks/db/image");
    try (CopySource source = CopySource.open(image)) {
      DiskConfig second = new AdoptedDisk(new DiskName("b"), image, false, null).disk(512);
      assertThatThrownBy(() -> Adoption.begin(data, data.diskFor(second, config()), image, source))
          .hasMessageContaining("is Everwhen's own");
    }
    assertThat(data.disks()).containsExactly(other);
  }
}
