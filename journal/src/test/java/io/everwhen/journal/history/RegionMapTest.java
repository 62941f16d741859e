package io.everwhen.journal.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.SegmentIndexBuilder;
import io.everwhen.journal.io.MemoryStorage;
import io.everwhen.journal.log.JournalFiles;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The map beside a search through everything. */
class RegionMapTest {

  private static final UUID GROUP = new UUID(1, 2);
  private static final int DISK = 1;
  private static final int ENTRIES_A_SEGMENT = 12;
  private static final int QUESTIONS = 40_000;

  /** The first are answered without it. */
  private static final int UNTIL_MADE = 20_000;

  private final long seed = new SecureRandom().nextLong();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final List<HistorySegment> segments = new ArrayList<>();
  private final List<List<EntryHeader>> entries = new ArrayList<>();

  private void record(int count, long sizeBytes) {
    Manifest manifest = new Manifest(GROUP, List.of(), Manifest.Baseline.empty(1), 0);
    long sequence = 0;
    for (int number = 1; number <= count; number++) {
      SegmentIndexBuilder builder = new SegmentIndexBuilder(new SegmentHeader(GROUP, number, 3, 4));
      List<EntryHeader> its = new ArrayList<>();
      int howMany = 1 + random.nextInt(ENTRIES_A_SEGMENT);
      for (int i = 0; i < howMany; i++) {
        EntryHeader entry = entry(++sequence, sizeBytes);
        builder.add(entry, SegmentHeader.BYTES + i * 1024L);
        its.add(entry);
      }
      SegmentIndex index = builder.build(new byte[32], new byte[32]);
      segments.add(new HistorySegment(new JournalFiles(new MemoryStorage(0)), manifest, index));
      entries.add(its);
    }
  }

  private EntryHeader entry(long sequence, long sizeBytes) {
    long sectors = sizeBytes / SegmentIndex.SECTOR_BYTES;
    long length = 1 + random.nextLong(random.nextInt(20) == 0 ? sectors / 2 : 64);
    long sector = random.nextLong(sectors - length);
    return new EntryHeader(
        sequence,
        sequence,
        EntryKind.ZERO,
        false,
        random.nextInt(3),
        sector * SegmentIndex.SECTOR_BYTES,
        length * SegmentIndex.SECTOR_BYTES,
        0,
        0,
        0,
        0,
        0,
        0);
  }

  private boolean holds(int segment, long offset, long end) {
    return entries.get(segment).stream()
        .anyMatch(e -> e.disk() == DISK && e.offset() < end && e.end() > offset);
  }

  @ParameterizedTest
  @CsvSource({"1, 1048576", "63, 1048576", "64, 1048576", "65, 8388608", "300, 68719476736"})
  void itNamesTheNewestThatHoldsAnythingThereAndLeavesOutNone(int count, long sizeBytes) {
    record(count, sizeBytes);
    long regionBytesMax = sizeBytes < 1 << 30 ? 4096 : 256 << 10;
    try (RegionMap map = new RegionMap(segments, DISK, sizeBytes)) {
      for (int i = 0; i < QUESTIONS; i++) {
        long end = 1 + random.nextLong(sizeBytes);
        long offset = Math.max(0, end - 1 - random.nextLong(1 << random.nextInt(21)));
        int newest = random.nextInt(count);
        int found = map.atOrBefore(newest, offset, end);
        assertThat(found).as("seed %d", seed).isBetween(-1, newest);
        for (int s = newest; s > found; s--) {
          assertThat(holds(s, offset, end)).as("segment %d, seed %d", s, seed).isFalse();
        }
        if (i > UNTIL_MADE && found >= 0) {
          assertThat(holds(found, offset - regionBytesMax, end + regionBytesMax))
              .as("segment %d, seed %d", found, seed)
              .isTrue();
        }
      }
      assertThat(map.atOrBefore(-1, 0, sizeBytes)).isEqualTo(-1);
    }
  }
}
