package io.everwhen.restore.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.DiskStorage;
import io.everwhen.restore.run.VerifyReport.Stamped;
import io.everwhen.restore.stamp.TrustedAuthorities;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractStringAssert;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verifying says of time stamps, and of what somebody did to them or to what they stamp. */
class StampVerifyTest {

  private static final long PLENTY = 1L << 30;
  private static final long NOW = 1_800_000_000_000_000_000L;
  private static final long HOUR = 3_600_000_000_000L;

  @TempDir private Path directory;
  private final FreshKey key = new FreshKey();
  private final TestAuthority authority = new TestAuthority("tsa", NOW);

  private static VerifyReport verify(Path journal, @Nullable String trusted) throws IOException {
    try (History history = History.open(DiskStorage.open(journal))) {
      return new Verifier(
              history, Progress.NONE, null, trusted == null ? null : TrustedAuthorities.of(trusted))
          .verify();
    }
  }

  /** A journal of several segments, stamped three times at different ends. */
  private Path makeAndClose(TestAuthority by, long historyBytes) throws IOException {
    try (TestDisk disk = new TestDisk(directory, 31, historyBytes, key)) {
      for (int i = 0; i < 3; i++) {
        disk.changes(70);
        disk.stamp(by, NOW + i * HOUR);
      }
      disk.changes(10);
      return disk.journal();
    }
  }

  private static List<Path> stamps(Path journal) throws IOException {
    try (Stream<Path> files = Files.list(journal)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("stamp-"))
          .sorted()
          .toList();
    }
  }

  /** Deletes the others, so that they need not be verified again and again. */
  private static Path onlyOneOf(List<Path> stamps) throws IOException {
    for (Path other : stamps.subList(1, stamps.size())) {
      Files.delete(other);
    }
    return stamps.getFirst();
  }

  private static AbstractStringAssert<?> assertOneFinding(Path journal, @Nullable String trusted)
      throws IOException {
    List<VerifyReport.Finding> findings = verify(journal, trusted).findings();
    assertThat(findings).hasSize(1);
    return assertThat(findings.getFirst().what());
  }

  @Test
  void stampsSayUpToWhereAHistoryWasThereWhen() throws IOException {
    Path journal = makeAndClose(authority, PLENTY);
    for (String trusted : new String[] {authority.caPem(), authority.pem()}) {
      VerifyReport report = verify(journal, trusted);
      assertThat(report.findings()).isEmpty();
      assertThat(report.foldedStamps()).isZero();
      assertThat(report.stamped())
          .extracting(Stamped::stampedNanos)
          .containsExactly(NOW, NOW + HOUR, NOW + 2 * HOUR);
      assertThat(report.stamped()).extracting(Stamped::sequence).isSorted();
      assertThat(report.stamped())
          .allMatch(Stamped::trusted)
          .allMatch(stamped -> stamped.newerEntries() > 0)
          .allMatch(stamped -> stamped.authority().equals("CN=tsa"));
    }
    assertThat(verify(journal, null).stamped()).hasSize(3).noneMatch(Stamped::trusted);
  }

  @Test
  void onlyTheAuthoritiesThatAreTrustedCount() throws IOException {
    Path journal = makeAndClose(authority, PLENTY);
    String other = new TestAuthority("tsa", NOW).caPem();
    VerifyReport report = verify(journal, other);
    assertThat(report.findings()).hasSize(3);
    assertThat(report.findings().getFirst().what()).contains("leads to none");
    assertThat(verify(journal, other + authority.caPem()).findings()).isEmpty();
    for (Path stamp : stamps(journal)) {
      Files.delete(stamp);
    }
    assertThat(verify(journal, null).findings()).isEmpty();
    assertOneFinding(journal, other).contains("there is no time stamp");
  }

  @Test
  void aCertificateForAnotherPurposeOrOfAnotherTimeDoesNotCount() throws IOException {
    Path journal = makeAndClose(authority, PLENTY);
    Path stamp = stamps(journal).getFirst();
    StampedHead sound = read(stamp);
    TestAuthority server = new TestAuthority("www", NOW, KeyPurposeId.id_kp_serverAuth);
    TestAuthority expired = new TestAuthority("old", NOW - 240 * HOUR);
    for (TestAuthority wrong : new TestAuthority[] {server, expired}) {
      Files.write(stamp, bytes(sound.head(), wrong.stamp(sound.stampedBytes(), NOW)));
      List<VerifyReport.Finding> findings = verify(journal, null).findings();
      assertThat(findings).hasSize(1);
      assertThat(findings.getFirst().what()).contains("no valid time-stamp token");
    }
  }

  @Test
  void aStampOfAnotherHeadAndAHistoryWrittenAnewAreTold() throws IOException {
    Path journal = makeAndClose(authority, PLENTY);
    List<Path> stamps = stamps(journal);
    StampedHead first = read(stamps.getFirst());
    StampedHead second = read(stamps.get(1));
    byte[] kept = Files.readAllBytes(stamps.getFirst());
    Files.write(stamps.getFirst(), bytes(first.head(), second.token()));
    assertOneFinding(journal, null).contains("it stamps something else");
    Files.write(stamps.getFirst(), Files.readAllBytes(stamps.get(1)));
    assertOneFinding(journal, null).contains("belongs to another place");
    Files.write(stamps.getFirst(), kept);
    assertThat(verify(journal, null).findings()).isEmpty();

    Path forged;
    try (TestDisk disk = new TestDisk(directory.resolve("forged"), 31, PLENTY, key)) {
      disk.mark("not in the other");
      disk.changes(220);
      forged = disk.journal();
    }
    assertThat(verify(forged, null).findings()).isEmpty();
    Files.copy(stamps.getFirst(), forged.resolve(stamps.getFirst().getFileName()));
    assertOneFinding(forged, authority.caPem())
        .contains("not as it was time-stamped")
        .contains("changed, removed or added");
  }

  @Test
  void entriesThatWereRemovedWithTheirHeadAreMissedByTheStamp() throws IOException {
    Path journal = makeAndClose(authority, PLENTY);
    long stamped = read(stamps(journal).getLast()).head().segment();
    try (Stream<Path> files = Files.list(journal)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.equals("head")
            || (name.matches("(segment|index)-.*")
                && Long.parseLong(name.replaceFirst(".*-", "")) >= stamped)) {
          Files.delete(file);
        }
      }
    }
    assertOneFinding(journal, null).contains("entries were removed");
  }

  @Test
  void whatWasFoldedSinceIsSaidAndItsStampsGoWithTheNextOne() throws IOException {
    try (TestDisk disk = new TestDisk(directory, 32, 192 << 10, key)) {
      disk.changes(60);
      disk.stamp(authority, NOW);
      disk.changes(200);
      VerifyReport report = verify(disk.journal(), authority.caPem());
      assertThat(report.findings()).isEmpty();
      assertThat(report.stamped()).isEmpty();
      assertThat(report.foldedStamps()).isEqualTo(1);
      disk.stamp(authority, NOW);
      report = verify(disk.journal(), authority.caPem());
      assertThat(report.foldedStamps()).isZero();
      assertThat(report.stamped()).hasSize(1);
    }
  }

  @Test
  void aFlippedBitInAnyByteOfAStampIsFound() throws IOException {
    Path journal = makeAndClose(authority, PLENTY);
    Path stamp = onlyOneOf(stamps(journal));
    byte[] sound = Files.readAllBytes(stamp);
    try (History history = History.open(DiskStorage.open(journal))) {
      for (int bit = 0; bit < sound.length * Byte.SIZE; bit += Byte.SIZE + 1) {
        byte[] flipped = sound.clone();
        flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        Files.write(stamp, flipped);
        StampCheck check = new StampCheck(history, null).run();
        assertThat(check.findings()).as("bit %d", bit).hasSize(1);
      }
    }
  }

  /** Of what is signed in the token; the rest of it only the file's checksum speaks for. */
  @Test
  void aForgedTokenWithAChecksumThatFitsDoesNotGiveAnotherTimeOrText() throws IOException {
    Path journal = makeAndClose(authority, PLENTY);
    Path stamp = onlyOneOf(stamps(journal));
    StampedHead sound = read(stamp);
    VerifyReport before = verify(journal, authority.caPem());
    TrustedAuthorities trusted = TrustedAuthorities.of(authority.caPem());
    try (History history = History.open(DiskStorage.open(journal))) {
      for (int at = 0; at < sound.token().length; at++) {
        byte[] forged = sound.token().clone();
        forged[at] ^= (byte) (1 << at % Byte.SIZE);
        Files.write(stamp, bytes(sound.head(), forged));
        StampCheck check = new StampCheck(history, trusted).run();
        assertThat(check.findings().size() == 1 || check.stamped().equals(before.stamped()))
            .as("byte %d: %s", at, check.findings())
            .isTrue();
      }
    }
    Files.write(stamp, bytes(sound.head(), Arrays.copyOf(sound.token(), sound.token().length + 1)));
    assertOneFinding(journal, null).contains("it");
  }

  private static StampedHead read(Path stamp) throws IOException {
    return StampedHead.decode(ByteBuffer.wrap(Files.readAllBytes(stamp)), stamp.toString());
  }

  private static byte[] bytes(io.everwhen.journal.format.SignedHead head, byte[] token) {
    ByteBuffer encoded = new StampedHead(head, token).encode();
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    return bytes;
  }
}
