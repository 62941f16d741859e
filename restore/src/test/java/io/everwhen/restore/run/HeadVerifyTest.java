package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.restore.run.VerifyReport.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verifying says of a history that is signed, and of what somebody did to it. */
class HeadVerifyTest {

  private static final long PLENTY = 1L << 30;

  @TempDir private Path directory;
  private final FreshKey key = new FreshKey();

  private static VerifyReport verify(Path journal, @Nullable String trusted) throws IOException {
    try (History history = History.open(DiskStorage.open(journal))) {
      return new Verifier(history, Progress.NONE, trusted, null).verify();
    }
  }

  private Path makeAndClose(long historyBytes) throws IOException {
    try (TestDisk disk = new TestDisk(directory, 31, historyBytes, key)) {
      disk.changes(200);
      return disk.journal();
    }
  }

  @Test
  void aClosedHistoryIsSignedToItsEndAndByNoOtherKey() throws IOException {
    Path journal = makeAndClose(PLENTY);
    VerifyReport report = verify(journal, key.fingerprint());
    assertThat(report.findings()).isEmpty();
    VerifyReport.Signed signed = Objects.requireNonNull(report.signed());
    assertThat(signed.newerEntries()).isZero();
    assertThat(signed.key()).isEqualTo(key.fingerprint());
    String other = new FreshKey().fingerprint();
    assertThat(verify(journal, other).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains(other).contains(signed.key()));
  }

  @Test
  void whatIsBeingWrittenIsNotSignedYetAndFoldingKeepsTheSignature() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 32, 192 << 10, key)) {
      disk.changes(300);
      disk.change();
      VerifyReport report = verify(disk.journal(), key.fingerprint());
      assertThat(report.findings()).isEmpty();
      assertThat(Objects.requireNonNull(report.signed()).newerEntries()).isPositive();
    }
    assertThat(verify(directory.resolve("journal"), null).findings()).isEmpty();
  }

  @Test
  void entriesThatWereRemovedAtTheEndAreMissed() throws IOException {
    Path journal = makeAndClose(PLENTY);
    Files.delete(last(journal, "index-"));
    Files.delete(last(journal, "segment-"));
    List<Finding> findings = verify(journal, null).findings();
    assertThat(findings).hasSize(1);
    assertThat(findings.getFirst().what()).contains("entries were removed");
    assertThat(findings.getFirst().cost()).startsWith("cannot restore disk0 after seq:");
  }

  @Test
  void aHistoryThatWasWrittenAnewWithSealsThatFitIsNotTheOneThatWasSigned() throws IOException {
    Path journal = makeAndClose(PLENTY);
    Path forged;
    // The same identity, by the same seed.
    try (TestDisk disk = new TestDisk(directory.resolve("forged"), 31, PLENTY, null)) {
      disk.mark("not in the other");
      disk.changes(220);
      forged = disk.journal();
    }
    assertThat(verify(forged, null).findings()).isEmpty();
    Files.copy(journal.resolve("head"), forged.resolve("head"));
    assertThat(verify(forged, null).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("changed, removed or added"));
  }

  @Test
  void aHeadThatWasEditedAndAnIndexThatIsMissingAreTold() throws IOException {
    Path journal = makeAndClose(PLENTY);
    Path head = journal.resolve("head");
    String signed = Files.readString(head);
    Files.writeString(head, signed.replaceFirst("sequence (\\d+) time", "sequence 1 time"));
    assertThat(verify(journal, null).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("signature does not match"));
    Files.writeString(head, signed.substring(0, 100));
    assertThat(verify(journal, null).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("no signed head of version 1"));
    Files.writeString(head, signed);
    Files.delete(last(journal, "index-"));
    assertThat(verify(journal, null).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("has no index any more"));
  }

  @Test
  void aHistoryWithoutAHeadIsUnsignedAndNotDamagedUnlessAKeyIsAskedFor() throws IOException {
    Path journal = makeAndClose(PLENTY);
    Files.delete(journal.resolve("head"));
    VerifyReport report = verify(journal, null);
    assertThat(report.findings()).isEmpty();
    assertThat(report.signed()).isNull();
    assertThat(verify(journal, key.fingerprint()).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("there is no signed head"));
  }

  private static Path last(Path journal, String prefix) throws IOException {
    try (Stream<Path> files = Files.list(journal)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList()
          .getLast();
    }
  }
}
