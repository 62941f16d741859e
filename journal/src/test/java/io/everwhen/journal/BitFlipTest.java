package io.everwhen.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.SimulatedMachine;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.DamageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * A small closed journal in which bit after bit is flipped: what is read is right, or an error
 * names the file.
 *
 * <p>{@code -Deverwhen.flip.step=1} flips every bit; otherwise only some.
 */
class BitFlipTest {

  private static final int STEP = Integer.getInteger("everwhen.flip.step", 61);

  @Test
  void aFlippedBitNeverGivesWrongData() throws IOException {
    SimulatedMachine machine = new SimulatedMachine(new SplittableRandom(7));
    RandomHistory history = new RandomHistory(machine, 7);
    history.create();
    history.open();
    for (int i = 0; i < 170; i++) {
      history.step();
    }
    history.close();
    // Opening seals what was written; the next segment remains empty.
    history.open();
    history.close();
    Storage storage = RandomHistory.journalOf(machine);
    assertThat(storage.list()).contains(FileNames.baseline(0));
    long found = 0;
    long harmless = 0;
    for (String name : storage.list()) {
      long bits = storage.size(name) * Byte.SIZE;
      boolean segment = FileNames.segmentNumber(name).isPresent();
      for (long bit = 0; bit < bits; bit += segment || bits > 1 << 16 ? STEP * 7 : 3) {
        flip(storage, name, bit);
        if (isFound(storage, history.oracle(), name, bit)) {
          found++;
        } else {
          harmless++;
        }
        flip(storage, name, bit);
      }
    }
    assertThat(found).as("flips found, beside %d without effect", harmless).isGreaterThan(1000);
  }

  private static void flip(Storage storage, String name, long bit) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(1);
    try (StorageFile file = storage.open(name)) {
      file.readFully(bit / Byte.SIZE, b);
      b.put(0, (byte) (b.get(0) ^ 1 << bit % Byte.SIZE));
      file.write(bit / Byte.SIZE, b.flip());
      // Else the simulation would remember every flip until the end.
      file.sync();
    }
  }

  private static boolean isFound(Storage storage, Oracle oracle, String name, long bit) {
    try (History history = History.open(storage)) {
      if (history.tailDamage().isPresent()) {
        assertNames(name, history.tailDamage().get());
        return true;
      }
      long head = history.head().sequence();
      assertThat(head).isEqualTo(oracle.head());
      long horizon = history.horizon().sequence();
      for (long sequence = horizon; sequence < head; sequence += (head - horizon) / 3 + 1) {
        PastChecks.checkInstants(history, oracle, sequence);
      }
      PastChecks.checkInstants(history, oracle, head);
      return false;
    } catch (FormatException | DamageException e) {
      assertNames(name, String.valueOf(e.getMessage()));
      return true;
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(
          "with bit %d of %s flipped: %s".formatted(bit, name, e.getMessage()), e);
    }
  }

  /**
   * A sum that does not match may be damaged itself, and an index may be named by its segment's
   * number.
   */
  private static void assertNames(String file, String message) {
    String number = file.replaceAll("[^1-9]*([0-9]*).*", "$1");
    assertThat(message).containsAnyOf(file, file.replace(".sums", ""), "segment " + number);
  }
}
