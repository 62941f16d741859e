package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.restore.plan.UnavailableException;
import io.everwhen.restore.run.TestDisk.Version;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestorerTest {

  private static final long PLENTY = 1L << 30;

  @TempDir private Path directory;

  private static RestorePlan plan(History history, TestDisk disk, Instant at) throws IOException {
    return new Planner(history, disk.nowNanos()).plan(history.disk("disk0").orElseThrow(), at);
  }

  private byte[] restore(TestDisk disk, Instant at) throws IOException {
    Path to = directory.resolve("restored.img");
    try (History history = disk.history()) {
      new Restorer(history, Progress.NONE).restoreToFile(plan(history, disk, at), to);
    }
    return Files.readAllBytes(to);
  }

  @Test
  void everyInstantIsRestoredToTheByte() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 1, PLENTY)) {
      disk.changes(150);
      for (Version version : disk.versions()) {
        assertThat(restore(disk, new Instant.AtSequence("seq", version.sequence())))
            .as("seq:%d", version.sequence())
            .isEqualTo(version.content());
        assertThat(restore(disk, new Instant.AtTime("time", version.timeNanos())))
            .as("the time after seq:%d", version.sequence())
            .isEqualTo(version.content());
      }
      assertThat(restore(disk, new Instant.Now("now")))
          .isEqualTo(disk.versions().getLast().content());
    }
  }

  @Test
  void aSnapshotIsRestoredByItsNameWhateverWasFoldedAroundIt() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 6, 192 << 10)) {
      disk.changes(30);
      disk.pin("before the upgrade");
      Version pinned = disk.versions().getLast();
      disk.changes(150);
      disk.mark("marked only");
      disk.pin("later");
      disk.changes(300);
      assertThat(restore(disk, new Instant.AtSnapshot("at", "before the upgrade")))
          .isEqualTo(pinned.content());
      assertThatThrownBy(() -> restore(disk, new Instant.AtSnapshot("at", "before the update")))
          .isInstanceOf(UnavailableException.class)
          .hasMessage("there is no snapshot 'before the update'; did you mean before the upgrade?");
      assertThatThrownBy(() -> restore(disk, new Instant.AtSnapshot("at", "marked only")))
          .hasMessageContaining("; there is before the upgrade, later");
      disk.unpin("before the upgrade");
      assertThatThrownBy(() -> restore(disk, new Instant.AtSnapshot("at", "before the upgrade")))
          .isInstanceOf(UnavailableException.class);
    }
  }

  @Test
  void aCleanInstantIsTheLastFlushBeforeIt() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 9, PLENTY)) {
      disk.changes(40);
      long before = disk.versions().getLast().sequence();
      disk.flush();
      Version flushed = disk.versions().getLast();
      assertThat(flushed.sequence()).isEqualTo(before + 1);
      disk.changes(60);
      Instant now = new Instant.Now("now");
      assertThat(restore(disk, new Instant.Clean("clean:now", now))).isEqualTo(flushed.content());
      Instant earlier = new Instant.AtSequence("seq", before);
      assertThatThrownBy(() -> restore(disk, new Instant.Clean("clean:seq", earlier)))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no initiator has flushed disk0 at or before 'seq'");
    }
  }

  @Test
  void whatWasFoldedAwayIsRefusedAndTheRestIsExact() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 2, 192 << 10)) {
      disk.changes(300);
      long horizon;
      try (History history = disk.history()) {
        horizon = history.horizon().sequence();
      }
      assertThat(horizon).isPositive();
      for (Version version : disk.versions()) {
        Instant at = new Instant.AtSequence("seq:" + version.sequence(), version.sequence());
        if (version.sequence() < horizon) {
          assertThatThrownBy(() -> restore(disk, at))
              .isInstanceOf(UnavailableException.class)
              .hasMessageContaining("before the horizon")
              .hasMessageContaining("seq:" + horizon);
        } else {
          assertThat(restore(disk, at)).isEqualTo(version.content());
        }
      }
    }
  }

  @Test
  void marksAreFoundAndNearOnesSuggested() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 3, PLENTY)) {
      disk.changes(10);
      disk.mark("before-upgrade");
      byte[] marked = disk.versions().getLast().content();
      disk.changes(10);
      assertThat(restore(disk, new Instant.AtMark("mark:before-upgrade", "before-upgrade")))
          .isEqualTo(marked);
      assertThatThrownBy(
              () -> restore(disk, new Instant.AtMark("mark:before-upgade", "before-upgade")))
          .hasMessageContaining("did you mean before-upgrade?");
    }
  }

  @Test
  void theFutureIsRefused() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 4, PLENTY)) {
      disk.changes(5);
      long later = disk.nowNanos() + 10 * Instant.SECOND_NANOS;
      assertThatThrownBy(() -> restore(disk, new Instant.AtTime("later", later)))
          .hasMessageContaining("in the future");
      assertThatThrownBy(() -> restore(disk, new Instant.AtSequence("seq:999", 999)))
          .hasMessageContaining("there is no entry 999 yet");
    }
  }

  @Test
  void aDeviceGetsZerosWhereTheDiskHasThem() throws IOException {
    Path device = directory.resolve("device");
    byte[] full = new byte[300 << 10];
    java.util.Arrays.fill(full, (byte) 0x55);
    Files.write(device, full);
    try (TestDisk disk = new TestDisk(directory, 5, PLENTY);
        History _ = disk.history()) {
      disk.changes(20);
      try (History history = disk.history()) {
        new Restorer(history, Progress.NONE)
            .restoreToDevice(plan(history, disk, new Instant.Now("now")), device);
      }
      byte[] restored = Files.readAllBytes(device);
      assertThat(java.util.Arrays.copyOf(restored, 256 << 10))
          .isEqualTo(disk.versions().getLast().content());
      assertThat(restored[256 << 10])
          .as("what lies behind the disk's end is left alone")
          .isEqualTo((byte) 0x55);
    }
  }

  @Test
  void aDeviceThatIsTooSmallIsLeftAlone() throws IOException {
    Path device = directory.resolve("device");
    Files.write(device, new byte[] {1, 2, 3});
    try (TestDisk disk = new TestDisk(directory, 6, PLENTY);
        History history = disk.history()) {
      RestorePlan plan = plan(history, disk, new Instant.Now("now"));
      assertThatThrownBy(() -> new Restorer(history, Progress.NONE).restoreToDevice(plan, device))
          .isInstanceOf(UnavailableException.class);
    }
    assertThat(Files.readAllBytes(device)).containsExactly(1, 2, 3);
  }

  @Test
  void inPlaceOnlyWhatDiffersIsWritten() throws IOException {
    Path to = directory.resolve("there.img");
    try (TestDisk disk = new TestDisk(directory, 10, PLENTY)) {
      disk.changes(60);
      Version old = disk.versions().get(30);
      byte[] wanted = disk.versions().getLast().content();
      try (History history = disk.history()) {
        Restorer restorer = new Restorer(history, Progress.NONE).readingBack();
        RestorePlan now = plan(history, disk, new Instant.Now("now"));
        Files.write(to, old.content());
        RestoreResult result = restorer.restoreInPlace(now, to);
        assertThat(Files.readAllBytes(to)).isEqualTo(wanted);
        assertThat(result.writtenBytes()).isEqualTo(chunksThatDiffer(old.content(), wanted));
        assertThat(result.verified()).isTrue();
        assertThat(restorer.restoreInPlace(now, to).writtenBytes()).isZero();

        byte[] interrupted = new byte[wanted.length];
        System.arraycopy(wanted, 0, interrupted, 0, 100 << 10);
        Files.write(to, interrupted);
        result = restorer.restoreInPlace(now, to);
        assertThat(Files.readAllBytes(to)).isEqualTo(wanted);
        assertThat(result.writtenBytes()).isEqualTo(chunksThatDiffer(interrupted, wanted));

        // Back to the empty disk, by way of holes.
        restorer.restoreInPlace(plan(history, disk, new Instant.AtSequence("seq:0", 0)), to);
        assertThat(Files.readAllBytes(to)).isEqualTo(new byte[wanted.length]);
      }
    }
  }

  private static long chunksThatDiffer(byte[] a, byte[] b) {
    long bytes = 0;
    for (int at = 0; at < a.length; at += 4096) {
      int end = Math.min(a.length, at + 4096);
      bytes += java.util.Arrays.equals(a, at, end, b, at, end) ? 0 : end - at;
    }
    return bytes;
  }

  @Test
  void aFileOfAnotherSizeIsNotWrittenInPlace() throws IOException {
    Path to = directory.resolve("there.img");
    try (TestDisk disk = new TestDisk(directory, 11, PLENTY);
        History history = disk.history()) {
      RestorePlan plan = plan(history, disk, new Instant.Now("now"));
      for (int size : new int[] {(256 << 10) - 1, (256 << 10) + 1}) {
        byte[] there = new byte[size];
        java.util.Arrays.fill(there, (byte) 1);
        Files.write(to, there);
        assertThatThrownBy(() -> new Restorer(history, Progress.NONE).restoreInPlace(plan, to))
            .isInstanceOf(UnavailableException.class)
            .hasMessageContaining("has %d bytes; disk0 needs 262144".formatted(size));
        assertThat(Files.readAllBytes(to)).isEqualTo(there);
      }
    }
  }

  @Test
  void aDeviceOnWhichARestoreEndedSaysHowToGoOn() throws IOException {
    Path to = directory.resolve("there.img");
    Files.write(to, new byte[256 << 10]);
    try (TestDisk disk = new TestDisk(directory, 7, PLENTY)) {
      disk.changes(150);
      flipAByteOf(disk.journal().resolve("segment-0000000002"));
      int refused = 0;
      try (History history = disk.history()) {
        for (Version version : disk.versions()) {
          try {
            new Restorer(history, Progress.NONE)
                .restoreToDevice(
                    plan(history, disk, new Instant.AtSequence("seq", version.sequence())), to);
          } catch (DamageException e) {
            refused += String.valueOf(e.getMessage()).contains("with --in-place") ? 1 : 0;
            assertThat(e).hasMessageContaining("cannot restore disk0");
          }
        }
      }
      assertThat(refused).isPositive();
    }
  }

  @Test
  void whatReadsBackOtherwiseIsRefused() throws IOException {
    Path written = directory.resolve("written.img");
    byte[] content = new byte[3 * 4096 + 512];
    new java.util.Random(1).nextBytes(content);
    content[5000] = 0;
    Files.write(written, content);
    java.nio.ByteBuffer window = java.nio.ByteBuffer.allocateDirect(content.length).put(content);
    try (StorageFile file = DiskStorage.openOutput(written)) {
      Output.Check check = new Output.Check(file);
      check.data(0, window.flip());
      content[5000] = 1;
      Files.write(written, content);
      assertThatThrownBy(() -> check.data(0, window))
          .hasMessageContaining("written.img does not hold what was written: byte 5000 differs");
      assertThatThrownBy(() -> check.zeros(4096, 4096)).hasMessageContaining("differs");
    }
  }

  @Test
  void damageIsFoundCostsWhatNeedsItAndLeavesNoOutput() throws IOException {
    List<Version> versions;
    try (TestDisk disk = new TestDisk(directory, 7, PLENTY)) {
      disk.changes(150);
      versions = disk.versions();
      flipAByteOf(disk.journal().resolve("segment-0000000002"));
      try (History history = disk.history()) {
        VerifyReport report = new Verifier(history, Progress.NONE).verify();
        assertThat(report.findings()).hasSize(1);
        assertThat(report.findings().getFirst().where()).endsWith("segment-0000000002");
      }
      Version early = versions.get(5);
      assertThat(restore(disk, new Instant.AtSequence("seq", early.sequence())))
          .isEqualTo(early.content());
      Files.delete(directory.resolve("restored.img"));
      int refused = 0;
      for (Version version : versions) {
        try {
          byte[] restored = restore(disk, new Instant.AtSequence("seq", version.sequence()));
          assertThat(restored).isEqualTo(version.content());
          Files.delete(directory.resolve("restored.img"));
        } catch (DamageException e) {
          refused++;
          assertThat(e).hasMessageContaining("segment-0000000002");
        }
      }
      assertThat(refused).isPositive();
      try (Stream<Path> files = Files.list(directory)) {
        assertThat(files.map(p -> p.getFileName().toString()))
            .containsExactlyInAnyOrder("data", "journal");
      }
    }
  }

  /** In the payload of an entry in the middle. */
  private static void flipAByteOf(Path segment) throws IOException {
    try (FileChannel channel =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      java.nio.ByteBuffer one = java.nio.ByteBuffer.allocate(1);
      channel.read(one, 20_000);
      one.put(0, (byte) (one.get(0) ^ 0x10)).flip();
      channel.write(one, 20_000);
    }
  }

  @Test
  void aSoundHistoryIsFoundSoundAlsoAfterFolding() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 8, 192 << 10)) {
      disk.changes(300);
      try (History history = disk.history()) {
        VerifyReport report = new Verifier(history, Progress.NONE).verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.entries()).isPositive();
      }
    }
  }

  @Test
  void aRemovedSegmentIsEvident() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 9, PLENTY)) {
      disk.changes(150);
      Files.delete(disk.journal().resolve("segment-0000000002"));
      Files.delete(disk.journal().resolve("index-0000000002"));
      try (History history = disk.history()) {
        assertThat(new Verifier(history, Progress.NONE).verify().findings()).isNotEmpty();
      }
    }
  }
}
