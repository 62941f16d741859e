package io.everwhen.journal.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.image.BlockMap.Piece;
import io.everwhen.journal.image.BlockMap.Source;
import io.everwhen.journal.log.Segment;
import io.everwhen.journal.log.TestSegments;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BlockMapTest {

  private static final int PLACES = 64;

  @Test
  void agreesWithOneNumberForEachPlace() throws IOException {
    Segment segment = TestSegments.empty();
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      BlockMap map = new BlockMap();
      long[] model = new long[PLACES];
      for (long sequence = 1; sequence < 80; sequence++) {
        int start = random.nextInt(PLACES);
        int end = random.nextInt(start + 1, PLACES + 1);
        if (random.nextInt(5) == 0) {
          List<Piece> applied = map.upTo(random.nextLong(sequence), start, random.nextInt(1, 100));
          applied.forEach(map::remove);
          applied.forEach(piece -> forget(model, piece));
        } else {
          map.put(start, end, new Source(sequence, segment, 0, 0, false, false));
          Arrays.fill(model, start, end, sequence);
        }
        int from = random.nextInt(PLACES);
        int to = random.nextInt(from + 1, PLACES + 1);
        long[] found = new long[PLACES];
        map.overlapping(from, to)
            .forEach(
                p -> Arrays.fill(found, (int) p.start(), (int) p.end(), p.source().sequence()));
        assertThat(Arrays.copyOfRange(found, from, to))
            .as("seed %d", seed)
            .isEqualTo(Arrays.copyOfRange(model, from, to));
      }
      assertThat(map.isEmpty()).isEqualTo(Arrays.stream(model).allMatch(n -> n == 0));
    }
  }

  private static void forget(long[] model, Piece piece) {
    for (int i = (int) piece.start(); i < piece.end(); i++) {
      model[i] = model[i] == piece.source().sequence() ? 0 : model[i];
    }
  }
}
