package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Time-stamped heads as files, and which of them are kept. */
class StampedHeadTest {

  private final SplittableRandom random = new SplittableRandom(4);
  private final JournalFiles files =
      new JournalFiles(new SimulatedMachine(random.split()).directory("journal"));
  private final StampKeeper keeper = new StampKeeper(files);

  private static byte[] golden(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            StampedHeadTest.class.getResourceAsStream("/golden/v2/" + name), name)) {
      return in.readAllBytes();
    }
  }

  private static StampedHead head(long segment, int tokenBytes) throws GeneralSecurityException {
    TestKey key = new TestKey();
    SignedHead head =
        SignedHead.sign(
            new UUID(1, 2), segment, "5a".repeat(32), 100 * segment, 1, 2, key.publicKey(), key);
    return new StampedHead(head, new byte[tokenBytes]);
  }

  @Test
  void theGoldenFileIsReadAndTodaysWriterMakesTheSameBytes() throws IOException {
    StampedHead stamp = StampedHead.decode(ByteBuffer.wrap(golden("stamp")), "golden");
    assertThat(stamp.stampedBytes()).isEqualTo(golden("head"));
    assertThat(stamp.token()).hasSize(1279).startsWith(0x30, 0x82);
    assertThat(stamp.encode()).isEqualTo(ByteBuffer.wrap(golden("stamp")));
  }

  @Test
  void everyFlippedBitIsRefused() throws IOException {
    byte[] bytes = golden("stamp");
    for (int bit = 0; bit < bytes.length * Byte.SIZE; bit++) {
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      assertThatThrownBy(() -> StampedHead.decode(ByteBuffer.wrap(bytes), "flipped"))
          .as("bit %d", bit)
          .isInstanceOf(FormatException.class);
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
    }
  }

  @Test
  void theLargestTokenIsKeptAndReadAgain() throws Exception {
    keeper.keep(head(7, StampedHead.MAX_TOKEN_BYTES), 0);
    assertThat(files.readStamp(7).token()).hasSize(StampedHead.MAX_TOKEN_BYTES);
  }

  @Test
  void ofVeryManyStampsTheOldestStaysAndTheNewestAreAllThere() throws Exception {
    for (int segment = 1; segment <= 3000; segment++) {
      keeper.keep(head(segment, 10), 0);
      assertThat(files.stampNumbers()).hasSizeLessThanOrEqualTo(StampKeeper.STAMPS_MAX);
    }
    NavigableSet<Long> kept = files.stampNumbers();
    assertThat(kept.first()).isEqualTo(1);
    for (long newest = 3000; newest > 3000 - StampKeeper.STAMPS_MAX / 2 + 1; newest--) {
      assertThat(kept).contains(newest);
    }
    assertThat(keeper.newest().orElseThrow().head().segment()).isEqualTo(3000);
    assertThat(keeper.has(3000)).isTrue();
    assertThat(keeper.has(2)).isFalse();
  }

  @Test
  void stampsOfWhatWasFoldedGoButForThatOfTheBaselinesEnd() throws Exception {
    for (int segment = 1; segment <= 5; segment++) {
      keeper.keep(head(segment, 10), 0);
    }
    keeper.keep(head(6, 10), 4);
    assertThat(files.stampNumbers()).containsExactly(4L, 5L, 6L);
  }

  @Test
  void aDamagedNewestStampIsPassedOverForTheOneBefore() throws Exception {
    keeper.keep(head(1, 10), 0);
    keeper.keep(head(2, 10), 0);
    files.storage().delete(FileNames.stamp(2));
    try (var file = files.storage().create(FileNames.stamp(2))) {
      file.write(0, ByteBuffer.wrap(new byte[100]));
    }
    assertThat(keeper.newest().orElseThrow().head().segment()).isEqualTo(1);
  }
}
