package io.everwhen.journal.history;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.io.FileMaps;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.SegmentAudit;
import io.everwhen.journal.log.UnsealedTail;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The segments behind a baseline, as they are found in the directory; closing closes them. */
final class FoundSegments implements Closeable {

  final List<HistorySegment> segments = new ArrayList<>();
  final List<Hole> holes = new ArrayList<>();
  @Nullable String tailDamage;

  /** The indexes of the sealed ones: they are read where they are, however many there are. */
  private final FileMaps maps = new FileMaps();

  /** Finds the segments; an index that is damaged is made again from the entries. */
  static FoundSegments in(JournalFiles files, Manifest manifest) throws IOException {
    FoundSegments found = new FoundSegments();
    boolean done = false;
    try {
      found.load(files, manifest);
      done = true;
      return found;
    } finally {
      if (!done) {
        found.close();
      }
    }
  }

  private void load(JournalFiles files, Manifest manifest) throws IOException {
    long first = manifest.baseline().segment() + 1;
    NavigableSet<Long> sealed = files.indexNumbers();
    long lastSealed = sealed.isEmpty() ? first - 1 : sealed.last();
    NavigableMap<Long, SegmentIndex> sound = new TreeMap<>();
    Map<Long, IOException> damaged = new HashMap<>();
    for (long number = first; number <= lastSealed; number++) {
      try {
        sound.put(number, files.mapIndex(manifest, number, maps));
      } catch (FormatException | NoSuchFileException e) {
        checkNotFolded(files, number);
        damaged.put(number, e);
      }
    }
    long lastSound = sound.isEmpty() ? first - 1 : sound.lastKey();
    long sequence = manifest.baseline().sequence();
    int chain = manifest.baseline().chain();
    for (long number = first; number <= lastSound; number++) {
      SegmentIndex index = sound.get(number);
      HistorySegment segment =
          index != null
              ? new HistorySegment(files, manifest, index)
              : rebuilt(files, manifest, number, sequence, chain, damaged.get(number));
      if (segment == null) {
        continue;
      }
      if (segment.index().firstSequence() != sequence + 1) {
        holes.add(new Hole(number - 1, sequence + 1, whyLost(damaged.get(number - 1))));
      }
      segments.add(segment);
      sequence = segment.index().lastSequence();
      chain = segment.index().lastChecksum();
    }
    for (UnsealedTail tail : UnsealedTail.read(files, manifest, lastSound, sequence, chain)) {
      segments.add(new HistorySegment(files, manifest, tail, damaged.get(tail.number())));
    }
    tailDamage =
        SegmentAudit.damageOfTail(files, manifest, lastSound, sequence, chain)
            .orElse(
                lastSealed == lastSound
                    ? null
                    : "without the index of segment %d there is no telling how it goes on: %s"
                        .formatted(lastSealed, whyLost(damaged.get(lastSealed))));
  }

  private static String whyLost(@Nullable IOException damage) {
    return damage == null
        ? "what comes before it does not lead to it"
        : String.valueOf(damage.getMessage());
  }

  private static void checkNotFolded(JournalFiles files, long number) throws IOException {
    if (files.readManifest().baseline().segment() >= number) {
      throw new NoSuchFileException(FileNames.index(number));
    }
  }

  private static @Nullable HistorySegment rebuilt(
      JournalFiles files,
      Manifest manifest,
      long number,
      long sequence,
      int chain,
      @Nullable IOException damage)
      throws IOException {
    UnsealedTail tail;
    try {
      tail = UnsealedTail.rebuild(files, manifest, number, sequence, chain);
    } catch (NoSuchFileException e) {
      checkNotFolded(files, number);
      return null;
    }
    return tail == null ? null : new HistorySegment(files, manifest, tail, damage);
  }

  @Override
  public void close() throws IOException {
    try (maps) {
      for (HistorySegment segment : segments) {
        segment.close();
      }
    }
  }
}
