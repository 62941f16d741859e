package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SignedHeadTest {

  private static final SplittableRandom RANDOM = new SplittableRandom(3);

  private static byte[] golden() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(SignedHeadTest.class.getResourceAsStream("/golden/v2/head"))) {
      return in.readAllBytes();
    }
  }

  @Test
  void theGoldenFileIsReadAndTodaysWriterMakesTheSameBytes()
      throws IOException, GeneralSecurityException {
    SignedHead head = SignedHead.decode(ByteBuffer.wrap(golden()), "golden");
    assertThat(head.isSigned()).isTrue();
    TestKey key = new TestKey();
    SignedHead today =
        SignedHead.sign(
            UUID.fromString("6f9c1b1e-3b5a-4c1d-9e2f-0123456789ab"),
            7,
            "5a".repeat(32),
            4711,
            1795305600000000123L,
            1795305601000000000L,
            key.publicKey(),
            key);
    assertThat(today).isEqualTo(head);
    assertThat(today.encode()).isEqualTo(ByteBuffer.wrap(golden()));
    assertThat(head.fingerprint()).isEqualTo(SignedHead.fingerprint(key.publicKey()));
  }

  @Test
  void everyFlippedBitIsRefused() throws IOException {
    byte[] bytes = golden();
    for (int bit = 0; bit < bytes.length * Byte.SIZE; bit++) {
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      boolean sound;
      try {
        sound = SignedHead.decode(ByteBuffer.wrap(bytes), "flipped").isSigned();
      } catch (FormatException e) {
        sound = false;
      }
      assertThat(sound).as("bit %d", bit).isFalse();
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
    }
    assertThatThrownBy(() -> SignedHead.decode(ByteBuffer.allocate(0), "empty"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("empty");
  }

  private final SimulatedMachine machine = new SimulatedMachine(RANDOM);
  private final RandomHistory history = new RandomHistory(machine, RandomHistory.SIGNED_SEED);
  private final Storage journal = RandomHistory.journalOf(machine);
  private final JournalFiles files = new JournalFiles(journal);

  private void makeHistory() throws IOException {
    history.create();
    history.open();
    for (int i = 0; i < 120; i++) {
      history.step();
    }
    history.close();
  }

  @Test
  void closingSignsEverything() throws IOException {
    makeHistory();
    SignedHead head = files.readHead().orElseThrow();
    assertThat(head.isSigned()).isTrue();
    assertThat(head.sequence()).isEqualTo(history.oracle().head());
  }

  private String alarmAfterOpening() throws IOException {
    try (Group group =
        Group.open(
            journal, history.homes(machine), history.options(), history.clock(), RANDOM.split())) {
      return String.valueOf(group.status().alarm());
    }
  }

  @Test
  void aHeadThatDoesNotFitIsToldKeptAndNotReplaced() throws Exception {
    makeHistory();
    SignedHead head = files.readHead().orElseThrow();
    assertThat(alarmAfterOpening()).isEqualTo("null");
    TestKey key = new TestKey();
    SignedHead more =
        SignedHead.sign(
            head.group(),
            head.segment() + 1,
            head.seal(),
            head.sequence() + 5,
            head.timeNanos(),
            0,
            key.publicKey(),
            key);
    SignedHead other =
        SignedHead.sign(
            head.group(),
            head.segment(),
            "0".repeat(64),
            head.sequence(),
            head.timeNanos(),
            0,
            key.publicKey(),
            key);
    for (SignedHead wrong : new SignedHead[] {more, other}) {
      files.writeHead(wrong);
      assertThat(alarmAfterOpening()).contains("does not fit its signed head");
      assertThat(files.readHead()).contains(wrong);
    }
    try (StorageFile file = journal.open(FileNames.HEAD)) {
      file.write(0, ByteBuffer.wrap(new byte[] {'E'}));
    }
    assertThat(alarmAfterOpening()).contains("does not fit its signed head");
    journal.delete(FileNames.HEAD);
    assertThat(alarmAfterOpening()).isEqualTo("null");
    assertThat(files.readHead()).isPresent();
  }
}
