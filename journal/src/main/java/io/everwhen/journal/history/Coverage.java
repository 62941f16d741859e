package io.everwhen.journal.history;

import io.everwhen.journal.format.SegmentIndex;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which sectors of a group's disks are written again later. Takes up to about 64 MiB: beyond that
 * it takes up no more, and calls fewer sectors covered than are. One thread.
 */
final class Coverage {

  private static final int CHUNK_SHIFT = 11;
  private static final int CHUNK_SECTORS = 1 << CHUNK_SHIFT;
  private static final int MAX_PARTS = 1 << 17;
  private static final int MAX_RANGES = 1 << 16;

  /** Chunks of which some sectors are covered. */
  private final Map<Long, BitSet> parts = new HashMap<>();

  /** Ranges of chunks that are covered as a whole: the end by the first. */
  private final TreeMap<Long, Long> whole = new TreeMap<>();

  void clear() {
    parts.clear();
    whole.clear();
  }

  /** Whether every sector of an extent is covered. */
  boolean covers(SegmentIndex index, int extent) {
    long to = end(index, extent);
    for (long at = start(index, extent), next; at < to; at = next) {
      long chunk = at >>> CHUNK_SHIFT;
      Map.Entry<Long, Long> range = whole.floorEntry(chunk);
      if (range != null && chunk < range.getValue()) {
        next = range.getValue() << CHUNK_SHIFT;
      } else {
        next = Math.min(to, (chunk + 1) << CHUNK_SHIFT);
        BitSet covered = parts.get(chunk);
        int clear = covered == null ? inChunk(at) : covered.nextClearBit(inChunk(at));
        if (clear < next - (chunk << CHUNK_SHIFT)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Covers an extent. */
  void add(SegmentIndex index, int extent) {
    long from = start(index, extent);
    long to = end(index, extent);
    long firstWhole = (from + CHUNK_SECTORS - 1) >>> CHUNK_SHIFT;
    long endWhole = to >>> CHUNK_SHIFT;
    if (firstWhole < endWhole) {
      addPart(from, Math.min(to, firstWhole << CHUNK_SHIFT));
      addWhole(firstWhole, endWhole);
      addPart(endWhole << CHUNK_SHIFT, to);
    } else {
      long border = Math.clamp(firstWhole << CHUNK_SHIFT, from, to);
      addPart(from, border);
      addPart(border, to);
    }
  }

  /** A range within one chunk. */
  private void addPart(long from, long to) {
    long chunk = from >>> CHUNK_SHIFT;
    BitSet covered = parts.get(chunk);
    if (from >= to || (covered == null && parts.size() >= MAX_PARTS)) {
      return;
    }
    if (covered == null) {
      covered = new BitSet(CHUNK_SECTORS);
      parts.put(chunk, covered);
    }
    covered.set(inChunk(from), (int) (to - (chunk << CHUNK_SHIFT)));
    if (covered.nextClearBit(0) >= CHUNK_SECTORS) {
      addWhole(chunk, chunk + 1);
    }
  }

  private void addWhole(long from, long to) {
    Map.Entry<Long, Long> before = whole.floorEntry(from);
    long first = before != null && before.getValue() >= from ? before.getKey() : from;
    long end = to;
    for (Map.Entry<Long, Long> next = whole.ceilingEntry(first);
        next != null && next.getKey() <= end;
        next = whole.ceilingEntry(first)) {
      end = Math.max(end, next.getValue());
      whole.remove(next.getKey());
    }
    if (whole.size() < MAX_RANGES) {
      whole.put(first, end);
      if (to - from == 1) {
        parts.remove(from);
      }
    }
  }

  /** Sectors are numbered across all disks, as in the keys of an index. */
  private static long start(SegmentIndex index, int extent) {
    return (long) index.extentDisk(extent) << SegmentIndex.KEY_DISK_SHIFT
        | index.extentOffset(extent) / SegmentIndex.SECTOR_BYTES;
  }

  private static long end(SegmentIndex index, int extent) {
    return start(index, extent) + index.extentLength(extent) / SegmentIndex.SECTOR_BYTES;
  }

  private static int inChunk(long sector) {
    return (int) (sector & (CHUNK_SECTORS - 1));
  }
}
