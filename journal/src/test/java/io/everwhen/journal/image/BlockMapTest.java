package io.everwhen.journal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.journal.log.Segment;
import io.everwhen.journal.log.TestSegments;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** {@code -Deverwhen.seed=N} repeats one random history. */
class BlockMapTest {

  private static final int PLACES = 64;
  private static final int SECTOR_BYTES = 512;
  private static final int SECTORS = 20_000;
  private static final int CHANGES = 60_000;
  private static final long ALL = Long.MAX_VALUE;
  private static final int SPARE_AT_MOST = 32 * BlockMap.LEAF_PIECES;

  @Test
  void agreesWithOneNumberForEachPlace() throws IOException {
    Segment segment = TestSegments.empty();
    Pieces found = new Pieces();
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      BlockMap map = new BlockMap();
      long[] model = new long[PLACES];
      for (long sequence = 1; sequence < 80; sequence++) {
        int start = random.nextInt(PLACES);
        int end = random.nextInt(start + 1, PLACES + 1);
        if (random.nextInt(5) == 0) {
          long applied = random.nextLong(sequence);
          map.forgetUpTo(applied);
          Arrays.setAll(model, i -> model[i] <= applied ? 0 : model[i]);
        } else {
          map.put(start, end, sequence, segment, 0, 0, false, false);
          Arrays.fill(model, start, end, sequence);
        }
        int from = random.nextInt(PLACES);
        int to = random.nextInt(from + 1, PLACES + 1);
        long[] seen = new long[PLACES];
        map.overlapping(from, to, found);
        for (int i = 0; i < found.count(); i++) {
          Arrays.fill(seen, (int) found.start(i), (int) found.end(i), found.sequence(i));
        }
        assertThat(Arrays.copyOfRange(seen, from, to))
            .as("seed %d", seed)
            .isEqualTo(Arrays.copyOfRange(model, from, to));
      }
      assertThat(map.isEmpty()).isEqualTo(Arrays.stream(model).allMatch(n -> n == 0));
    }
  }

  /** What a map has to tell of one piece. */
  private record Expected(
      long start,
      long end,
      long sequence,
      Segment segment,
      long place,
      long offset,
      boolean zeroes,
      boolean encoded) {

    Expected clipped(long from, long to) {
      return new Expected(
          Math.max(start, from),
          Math.min(end, to),
          sequence,
          segment,
          place,
          offset,
          zeroes,
          encoded);
    }

    long cost() {
      return zeroes ? SECTOR_BYTES : end - start;
    }
  }

  /** A map, and the same as one change for each sector. */
  private static final class Pair {
    final BlockMap map = new BlockMap();
    final Expected[] sectors = new Expected[SECTORS];
    final Segment[] segments = {
      TestSegments.empty(), TestSegments.empty(), TestSegments.empty(),
    };
    long sequence;

    Pair() throws IOException {}

    void put(SplittableRandom random, int from, int to) {
      sequence += random.nextInt(1, 4);
      Expected change =
          new Expected(
              (long) from * SECTOR_BYTES,
              (long) to * SECTOR_BYTES,
              sequence,
              segments[random.nextInt(segments.length)],
              random.nextLong(1L << 40),
              (long) random.nextInt(from + 1) * SECTOR_BYTES,
              random.nextInt(4) == 0,
              random.nextBoolean());
      map.put(
          change.start,
          change.end,
          sequence,
          change.segment,
          change.place,
          change.offset,
          change.zeroes,
          change.encoded);
      Arrays.fill(sectors, from, to, change);
    }

    void forgetUpTo(long last) {
      map.forgetUpTo(last);
      Arrays.setAll(
          sectors, i -> sectors[i] != null && sectors[i].sequence > last ? sectors[i] : null);
    }

    private long sequenceAt(int sector) {
      return sectors[sector] == null ? 0 : sectors[sector].sequence;
    }

    /** What is left of each change; what is left of one in two places is two pieces. */
    List<Expected> pieces(int from, int to) {
      List<Expected> all = new ArrayList<>();
      for (int i = from, next; i < to; i = next) {
        next = i + 1;
        while (next < SECTORS && sequenceAt(next) == sequenceAt(i)) {
          next++;
        }
        int first = i;
        while (first > 0 && sequenceAt(first - 1) == sequenceAt(i)) {
          first--;
        }
        if (sectors[i] != null) {
          all.add(sectors[i].clipped((long) first * SECTOR_BYTES, (long) next * SECTOR_BYTES));
        }
      }
      return all;
    }

    List<Expected> overlapping(int from, int to) {
      return pieces(from, to).stream()
          .map(piece -> piece.clipped((long) from * SECTOR_BYTES, (long) to * SECTOR_BYTES))
          .toList();
    }

    List<Expected> upTo(long last, int from, long maxBytes) {
      List<Expected> some = new ArrayList<>();
      long bytes = 0;
      for (Expected piece : pieces(from, SECTORS)) {
        if (bytes < maxBytes
            && piece.start >= (long) from * SECTOR_BYTES
            && piece.sequence <= last) {
          some.add(piece);
          bytes += piece.cost();
        }
      }
      return some;
    }
  }

  private static List<Expected> told(Pieces found) {
    List<Expected> all = new ArrayList<>();
    for (int i = 0; i < found.count(); i++) {
      all.add(
          new Expected(
              found.start(i),
              found.end(i),
              found.sequence(i),
              found.segment(i),
              found.place(i),
              found.offset(i),
              found.zeroes(i),
              found.encoded(i)));
    }
    return all;
  }

  @Test
  void agreesWithOneChangeForEachSectorHoweverLargeItGetsAndHoweverMuchIsForgotten()
      throws IOException {
    long seed = Long.getLong("everwhen.seed", new SplittableRandom().nextLong(1L << 40));
    System.out.println("block map: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Pair pair = new Pair();
    Pieces found = new Pieces();
    int largest = 0;
    int merges = 0;
    int streamAt = 0;
    for (int i = 0; i < CHANGES; i++) {
      int at = random.nextInt(SECTORS);
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3, 4, 5, 6 -> pair.put(random, at, at + 1);
        case 7, 8, 9 -> pair.put(random, at, Math.min(SECTORS, at + random.nextInt(1, 20)));
        case 10, 11, 12, 13 -> {
          // A stream somewhere, now and then forwards at another place, now and then backwards.
          streamAt = random.nextInt(300) == 0 ? at : streamAt;
          streamAt = Math.clamp(streamAt + (i % 20_000 < 15_000 ? 1 : -1), 0, SECTORS - 1);
          pair.put(random, streamAt, streamAt + 1);
        }
        case 14, 15, 16 -> {
          List<Expected> there = pair.pieces(at, at + 1);
          if (!there.isEmpty()) {
            Expected again = there.getFirst();
            pair.put(random, (int) (again.start / SECTOR_BYTES), (int) (again.end / SECTOR_BYTES));
          }
        }
        default -> {
          if (random.nextInt(1000) == 0) {
            pair.put(random, at, Math.min(SECTORS, at + random.nextInt(1, 4000)));
          }
        }
      }
      if (i > CHANGES / 4 && random.nextInt(1000) == 0) {
        int before = pair.map.capacity();
        long newest = pair.sequence;
        pair.forgetUpTo(
            random.nextInt(4) == 0 ? newest : newest - random.nextLong(Math.min(newest, 6000)));
        merges += pair.map.capacity() < before ? 1 : 0;
      }
      largest = Math.max(largest, pair.map.capacity());
      int to = Math.min(SECTORS, at + random.nextInt(1, 200));
      pair.map.overlapping((long) at * SECTOR_BYTES, (long) to * SECTOR_BYTES, found);
      assertThat(told(found)).as("seed %d, change %d", seed, i).isEqualTo(pair.overlapping(at, to));
      if (i % 200 == 0) {
        checkAll(pair, found, random, "seed %d, change %d".formatted(seed, i));
      }
    }
    assertThat(largest).as("seed %d", seed).isGreaterThan(30 * BlockMap.LEAF_PIECES);
    assertThat(merges).as("seed %d", seed).isPositive();
    pair.forgetUpTo(pair.sequence);
    checkAll(pair, found, random, "seed %d, at the end".formatted(seed));
    assertThat(pair.map.capacity()).as("seed %d", seed).isLessThanOrEqualTo(SPARE_AT_MOST);
  }

  private static void checkAll(Pair pair, Pieces found, SplittableRandom random, String when) {
    List<Expected> all = pair.pieces(0, SECTORS);
    pair.map.overlapping(0, ALL, found);
    assertThat(told(found)).as(when).isEqualTo(all);
    assertThat(pair.map.isEmpty()).as(when).isEqualTo(all.isEmpty());
    List<Expected> followed = new ArrayList<>();
    for (long at = 0; ; at = found.end(0)) {
      pair.map.next(at, found);
      if (found.isEmpty()) {
        break;
      }
      followed.addAll(told(found));
    }
    assertThat(followed).as(when).isEqualTo(all);
    int from = random.nextInt(SECTORS);
    long last = pair.sequence - random.nextLong(Math.min(pair.sequence + 1, 20_000));
    long maxBytes = random.nextBoolean() ? ALL : random.nextLong(1, 4 << 20);
    pair.map.upTo(last, (long) from * SECTOR_BYTES, maxBytes, found);
    assertThat(told(found)).as(when).isEqualTo(pair.upTo(last, from, maxBytes));
  }

  @Test
  void whatIsWrittenOneBehindTheOtherFillsItsLeaves() throws IOException {
    BlockMap map = new BlockMap();
    Segment segment = TestSegments.empty();
    map.put(ALL - 1, ALL, 1, segment, 0, 0, false, false);
    for (int i = 0; i < 100 * BlockMap.LEAF_PIECES; i++) {
      map.put(i, i + 1, i + 2, segment, 0, i, false, false);
    }
    assertThat(map.capacity()).isLessThanOrEqualTo(102 * BlockMap.LEAF_PIECES);
  }

  @Test
  void givesBackItsMemoryWhenItGetsSmaller() throws IOException {
    BlockMap map = new BlockMap();
    Segment segment = TestSegments.empty();
    int pieces = 300 * BlockMap.LEAF_PIECES;
    for (int i = 0; i < pieces; i++) {
      map.put(i, i + 1, i + 1, segment, 0, i, false, false);
    }
    // Each tenth is written again, and the rest is forgotten.
    for (int i = 0; i < pieces; i += 10) {
      map.put(i, i + 1, pieces + i + 1, segment, 0, i, false, false);
    }
    map.forgetUpTo(pieces);
    assertThat(map.isEmpty()).isFalse();
    assertThat(map.capacity()).isLessThan(pieces * 3 / 10 + SPARE_AT_MOST);
    // One change replaces all.
    map.put(0, pieces, 3L * pieces, segment, 0, 0, true, false);
    assertThat(map.capacity()).isLessThanOrEqualTo(SPARE_AT_MOST + BlockMap.LEAF_PIECES);
    map.forgetUpTo(3L * pieces);
    assertThat(map.isEmpty()).isTrue();
    assertThat(map.capacity()).isLessThanOrEqualTo(SPARE_AT_MOST);
  }

  @Test
  void refusesWhatIsNotNewerThanAllThatItHasHadOrForgotten() throws IOException {
    BlockMap map = new BlockMap();
    Segment segment = TestSegments.empty();
    map.put(0, 8, 5, segment, 0, 0, false, false);
    assertThatThrownBy(() -> map.put(8, 16, 5, segment, 0, 8, false, false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("entry 5 comes to the block map after entry 5");
    map.forgetUpTo(9);
    assertThatThrownBy(() -> map.put(8, 16, 9, segment, 0, 8, false, false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("entry 9 comes to the block map after entry 9");
    assertThatThrownBy(() -> map.put(8, 8, 10, segment, 0, 8, false, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> map.put(8, 16, 10, segment, 0, 9, false, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(map.isEmpty()).isTrue();
  }
}
