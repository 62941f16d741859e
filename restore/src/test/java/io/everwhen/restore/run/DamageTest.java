package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.history.History;
import io.everwhen.journal.history.Lost;
import io.everwhen.journal.history.PastView;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.journal.log.DamageException;
import io.everwhen.restore.plan.Instant;
import io.everwhen.restore.plan.LostInstants;
import io.everwhen.restore.plan.Planner;
import io.everwhen.restore.plan.RestorePlan;
import io.everwhen.restore.run.TestDisk.Version;
import io.everwhen.restore.run.VerifyReport.Finding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real damage, and what verifying says that it costs: exactly that, and nothing else, is lost. */
class DamageTest {

  private static final long SEED = new Random().nextInt(1 << 20);
  private static final int FLIPS = 40;

  @TempDir private Path directory;

  private final Random random = new Random(SEED);
  private final List<Version> versions = new ArrayList<>();
  private Path journal = Path.of("");
  private long nowNanos;

  @BeforeEach
  void makeAHistoryThatWasFolded() throws IOException {
    try (TestDisk disk = new TestDisk(directory, SEED, 512 << 10)) {
      disk.changes(300);
      disk.mark("before");
      disk.changes(10);
      journal = disk.journal();
      nowNanos = disk.nowNanos();
      versions.addAll(disk.versions());
    }
    try (History history = History.open(DiskStorage.open(journal))) {
      assertThat(history.manifest().baseline().segment()).isPositive();
      long horizon = history.horizon().sequence();
      versions.removeIf(version -> version.sequence() < horizon);
    }
  }

  @Test
  void aSoundHistoryCostsNothing() throws IOException {
    assertThat(refusedAsTold("nothing")).isEmpty();
  }

  @Test
  void aFlippedByteCostsTheInstantsThatVerifyingTellsAndNoOthers() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(journal)) {
      files =
          all.filter(file -> file.getFileName().toString().matches("(segment|index|baseline).*"))
              .sorted()
              .toList();
    }
    int found = 0;
    for (int i = 0; i < FLIPS; i++) {
      Path file = files.get(random.nextInt(files.size()));
      byte[] content = Files.readAllBytes(file);
      if (content.length == 0) {
        continue;
      }
      byte[] damaged = content.clone();
      int at = random.nextInt(content.length);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      found += refusedAsTold(file.getFileName() + " byte " + at).isEmpty() ? 0 : 1;
      Files.write(file, content);
    }
    assertThat(found).as("flips found, seed %d", SEED).isPositive();
    assertThat(refusedAsTold("nothing any more")).isEmpty();
  }

  @Test
  void aLostIndexCostsNothing() throws IOException {
    Path index = some("index-", 1);
    Files.delete(index);
    List<Finding> findings = refusedAsTold("no " + index);
    assertThat(findings).hasSize(1);
    assertThat(findings.getFirst().lost()).isEmpty();
    assertThat(findings.getFirst().cost()).isEqualTo("every instant can still be restored");
  }

  @Test
  void aSegmentThatIsLostWithItsIndexCostsEverythingAfterIt() throws IOException {
    Path index = some("index-", 2);
    long before;
    try (History history = History.open(DiskStorage.open(journal))) {
      before = history.segments().get(1).index().lastSequence();
    }
    Files.delete(index);
    Files.delete(some("segment-", 2));
    List<Finding> findings = refusedAsTold("no " + index);
    Lost lost = findings.getFirst().lost().getFirst();
    assertThat(lost.after()).isNotNull();
    assertThat(lost.contains(before)).isFalse();
    assertThat(lost.contains(before + 1)).isTrue();
    assertThat(lost.before()).isNull();
  }

  @Test
  void aSegmentThatIsLostAloneCostsWhatWasNotWrittenAgain() throws IOException {
    Files.delete(some("segment-", 1));
    assertThat(refusedAsTold("no segment").getFirst().lost()).isNotEmpty();
  }

  @Test
  void aLostBaselineCostsEverything() throws IOException {
    Files.delete(journal.resolve("baseline-0"));
    List<Lost> lost = refusedAsTold("no baseline").getFirst().lost();
    assertThat(lost).containsExactly(new Lost("disk0", null, null));
    assertThat(LostInstants.text(lost)).isEqualTo("cannot restore disk0 at any instant");
  }

  @Test
  void aRestoreThatMeetsDamageSaysBetweenWhichInstantsNoneIsPossible() throws IOException {
    Path segment = some("segment-", 1);
    byte[] content = Files.readAllBytes(segment);
    content[20_000] ^= 1;
    Files.write(segment, content);
    List<Lost> lost = refusedAsTold("byte 20,000").getFirst().lost();
    Version refused =
        versions.stream()
            .filter(version -> lost.stream().anyMatch(each -> each.contains(version.sequence())))
            .findFirst()
            .orElseThrow();
    try (History history = History.open(DiskStorage.open(journal))) {
      assertThatThrownBy(
              () -> {
                RestorePlan plan = plan(history, refused);
                new Restorer(history, Progress.NONE)
                    .restoreToFile(plan, directory.resolve("restored"));
              })
          .isInstanceOf(DamageException.class)
          .hasMessageContaining(segment.getFileName().toString())
          .hasMessageMatching("(?s).*cannot restore disk0 (between|after) seq:\\d+ \\(2.*");
    }
  }

  @Test
  void aMarkIsFoundBesideDamage() throws IOException {
    Files.delete(some("segment-", 0));
    try (History history = History.open(DiskStorage.open(journal))) {
      Planner planner = new Planner(history, nowNanos);
      assertThat(planner.resolve(new Instant.AtMark("mark:before", "before")).sequence())
          .isPositive();
    }
  }

  private Path some(String prefix, int which) throws IOException {
    try (Stream<Path> all = Files.list(journal)) {
      return all.filter(file -> file.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList()
          .get(which);
    }
  }

  /** Verifies, tries every instant, and checks that those are refused that verifying tells. */
  private List<Finding> refusedAsTold(String what) throws IOException {
    try (History history = History.open(DiskStorage.open(journal))) {
      List<Finding> findings = new Verifier(history, Progress.NONE).verify().findings();
      Manifest.Disk disk = history.manifest().disks().getFirst();
      for (Version version : versions) {
        boolean told =
            findings.stream()
                .flatMap(finding -> finding.lost().stream())
                .anyMatch(lost -> lost.contains(version.sequence()));
        String refused = null;
        try {
          RestorePlan plan = plan(history, version);
          byte[] content = new byte[version.content().length];
          try (PastView view = new PastView(history, disk, plan.point().sequence())) {
            view.read(0, ByteBuffer.wrap(content));
          }
          assertThat(content)
              .as("seq:%d with %s, seed %d", version.sequence(), what, SEED)
              .isEqualTo(version.content());
        } catch (DamageException e) {
          refused = String.valueOf(e.getMessage());
        }
        assertThat(refused != null)
            .as(
                "seq:%d is refused (%s), with %s, seed %d; told %s",
                version.sequence(), refused, what, SEED, findings)
            .isEqualTo(told);
      }
      return findings;
    }
  }

  private RestorePlan plan(History history, Version version) throws IOException {
    return new Planner(history, nowNanos)
        .plan(
            history.manifest().disks().getFirst(),
            new Instant.AtSequence("seq:" + version.sequence(), version.sequence()));
  }
}
