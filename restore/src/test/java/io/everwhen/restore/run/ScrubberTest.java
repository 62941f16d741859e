package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.Group;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.restore.run.ScrubStatus.Round;
import io.everwhen.restore.run.VerifyReport.Finding;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScrubberTest {

  private static final long PLENTY = 1L << 30;

  @TempDir private Path directory;

  private static Scrubber scrubber(TestDisk disk) throws IOException {
    return new Scrubber(DiskStorage.open(disk.journal()), new SystemClock());
  }

  private static Round round(Scrubber scrubber) throws IOException {
    while (scrubber.step(Pace.UNBOUNDED) != Scrubber.Step.ROUND_ENDED) {
      assertThat(scrubber.status().problem()).isNull();
    }
    return Objects.requireNonNull(scrubber.status().last());
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] content = Files.readAllBytes(file);
    content[at] ^= 4;
    Files.write(file, content);
  }

  @Test
  void aSoundHistoryIsReadToItsEndAgainAndAgain() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 21, 320 << 10)) {
      disk.changes(300);
      Scrubber scrubber = scrubber(disk);
      assertThat(scrubber.status().last()).isNull();
      assertThat(scrubber.step(Pace.UNBOUNDED)).isEqualTo(Scrubber.Step.MORE);
      assertThat(scrubber.status().current().bytes()).isPositive();
      Round first = round(scrubber);
      assertThat(first.findings()).isEmpty();
      assertThat(first.segments()).isPositive();
      disk.changes(30);
      Round second = round(scrubber);
      assertThat(second.findings()).isEmpty();
      assertThat(second.beganNanos()).isGreaterThanOrEqualTo(first.endedNanos());
    }
  }

  @Test
  void whatGetsDamagedIsFoundInTheNextRoundWithWhatItCosts() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 22, PLENTY)) {
      disk.changes(150);
      Scrubber scrubber = scrubber(disk);
      assertThat(round(scrubber).findings()).isEmpty();
      Path segment = disk.journal().resolve("segment-0000000002");
      flip(segment, 20_000);
      assertThat(round(scrubber).findings()).hasSize(1);
      assertThat(scrubber.status().findings().getFirst().where()).isEqualTo(segment.toString());
      assertThat(scrubber.status().findings().getFirst().cost()).startsWith("cannot restore disk0");
      flip(segment, 20_000);
      round(scrubber);
      assertThat(scrubber.status().findings()).isEmpty();
    }
  }

  @Test
  void aDamagedBaselineAndALostSegmentAreFound() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 23, 320 << 10)) {
      disk.changes(300);
      Scrubber scrubber = scrubber(disk);
      assertThat(round(scrubber).findings()).isEmpty();
      Path sums = disk.journal().resolve("baseline-0.sums");
      flip(sums, 0);
      assertThat(round(scrubber).findings())
          .singleElement()
          .satisfies(finding -> assertThat(finding.where()).endsWith("/baseline-0"));
      flip(sums, 0);
      try (Stream<Path> files = Files.list(disk.journal())) {
        Files.delete(
            files
                .filter(file -> file.getFileName().toString().startsWith("segment-"))
                .sorted()
                .findFirst()
                .orElseThrow());
      }
      assertThat(round(scrubber).findings()).hasSize(1);
    }
  }

  @Test
  void whatAnAdoptedDiskBeganWithIsReadBeforeAnythingWasFolded() throws IOException {
    byte[] content = new byte[(64 << 10) + 512];
    new SplittableRandom(1).nextBytes(content);
    MemoryStorage journal = new MemoryStorage(PLENTY);
    MemoryStorage home = new MemoryStorage(PLENTY);
    StorageFile source = home.create("source");
    source.write(0, ByteBuffer.wrap(content));
    Group.create(
        journal,
        List.of(home),
        List.of(new Manifest.Disk(0, "disk0", content.length, 512)),
        Map.of(0, source),
        new SystemClock(),
        new SplittableRandom(2));
    Scrubber scrubber = new Scrubber(journal, new SystemClock());
    assertThat(round(scrubber).findings()).isEmpty();
    assertThat(round(scrubber).bytes()).isEqualTo(content.length);
    content[70] ^= 1;
    journal.open("baseline-0").write(0, ByteBuffer.wrap(content, 0, 512));
    assertBaselineIsFound(journal, scrubber);
    journal.delete("baseline-0");
    assertBaselineIsFound(journal, scrubber);
  }

  private static void assertBaselineIsFound(Storage journal, Scrubber scrubber) throws IOException {
    List<Finding> findings = new ArrayList<>(round(scrubber).findings());
    try (History history = History.open(journal)) {
      findings.addAll(new Verifier(history, Progress.NONE).verify().findings());
    }
    assertThat(findings)
        .hasSize(2)
        .allSatisfy(finding -> {
          assertThat(finding.where()).endsWith("/baseline-0");
          assertThat(finding.cost()).startsWith("cannot restore disk0");
        });
  }

  @Test
  void segmentsThatAreFoldedWhileTheyAreReadAreNoDamage() throws Exception {
    try (TestDisk disk = new TestDisk(directory, 24, 192 << 10);
        ExecutorService executor = Executors.newSingleThreadExecutor()) {
      disk.changes(100);
      Scrubber scrubber = scrubber(disk);
      AtomicBoolean done = new AtomicBoolean();
      Future<Integer> rounds =
          executor.submit(() -> {
            int ended = 0;
            while (!done.get() || ended < 2) {
              ended += scrubber.step(Pace.UNBOUNDED) == Scrubber.Step.ROUND_ENDED ? 1 : 0;
              assertThat(scrubber.status().findings()).isEmpty();
            }
            return ended;
          });
      try {
        disk.changes(1500);
      } finally {
        done.set(true);
      }
      assertThat(rounds.get()).isGreaterThanOrEqualTo(2);
      try (History history = disk.history()) {
        assertThat(history.horizon().sequence()).isPositive();
      }
    }
  }

  @Test
  void aSegmentOfWhichReadingWasInterruptedIsReadAgain() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 25, PLENTY)) {
      disk.changes(100);
      Scrubber scrubber = scrubber(disk);
      while (scrubber.status().current().segments() == 0) {
        scrubber.step(Pace.UNBOUNDED);
      }
      assertThatThrownBy(() ->
              scrubber.step(bytes -> {
                throw new InterruptedIOException();
              }))
          .isInstanceOf(InterruptedIOException.class);
      long segments = scrubber.status().current().segments();
      scrubber.step(Pace.UNBOUNDED);
      assertThat(scrubber.status().current().segments()).isEqualTo(segments + 1);
    }
  }
}
