package io.everwhen.journal.log;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.SegmentIndexBuilder;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A segment that is not sealed yet, as a reader finds it: its complete changes so far, with an
 * index made in memory.
 *
 * @param number of the segment
 * @param segment open for reading; whoever has this closes it
 * @param index of the entries found
 */
public record UnsealedTail(long number, JournalFiles.OpenSegment segment, SegmentIndex index) {

  /**
   * Reads the segments behind the last sealed one, without changing anything, up to where their
   * entries end.
   */
  public static List<UnsealedTail> read(
      JournalFiles files, Manifest manifest, long lastSealed, long sequence, int chain)
      throws IOException {
    List<UnsealedTail> tails = new ArrayList<>();
    boolean done = false;
    try {
      for (long number : files.segmentNumbers().tailSet(lastSealed, false)) {
        if (number != lastSealed + tails.size() + 1) {
          break;
        }
        UnsealedTail tail = readOne(files, manifest, number, sequence, chain);
        if (tail == null) {
          break;
        }
        tails.add(tail);
        sequence = tail.index.lastSequence();
        chain = tail.index.lastChecksum();
      }
      done = true;
      return tails;
    } finally {
      if (!done) {
        for (UnsealedTail tail : tails) {
          tail.segment.file().close();
        }
      }
    }
  }

  /**
   * Makes the index of a sealed segment again, in memory, from the entries that can be read; not
   * the seal.
   *
   * @param sequence of the last entry before it
   * @param chain that entry's checksum
   * @return null when not even the first entry is there, or what is left of a thinned segment is
   *     not whole
   */
  public static @Nullable UnsealedTail rebuild(
      JournalFiles files, Manifest manifest, long number, long sequence, int chain)
      throws IOException {
    try {
      return readOne(files, manifest, number, sequence, chain);
    } catch (NoSuchFileException e) {
      UnsealedTail thinned = ThinnedSegment.rebuild(files, manifest, number, sequence, chain);
      if (thinned == null && !hasThinned(files, number)) {
        throw e;
      }
      return thinned;
    }
  }

  private static boolean hasThinned(JournalFiles files, long number) throws IOException {
    return files.storage().list().stream()
        .anyMatch(name -> FileNames.thinnedNumber(name).orElse(0) == number);
  }

  private static @Nullable UnsealedTail readOne(
      JournalFiles files, Manifest manifest, long number, long sequence, int chain)
      throws IOException {
    JournalFiles.OpenSegment segment;
    try {
      segment = files.openSegment(manifest, number);
    } catch (FormatException e) {
      return null; // being prepared
    }
    UnsealedTail tail = null;
    try {
      SegmentIndexBuilder builder = completeChanges(segment, sequence, chain);
      if (!builder.isEmpty()) {
        tail = new UnsealedTail(number, segment, builder.build(new byte[32], new byte[32]));
      }
      return tail;
    } finally {
      if (tail == null) {
        segment.file().close();
      }
    }
  }

  /** The entries that follow from {@code sequence}, without a change that is there in part only. */
  static SegmentIndexBuilder completeChanges(
      JournalFiles.OpenSegment segment, long sequence, int chain) throws IOException {
    SegmentIndexBuilder builder = new SegmentIndexBuilder(segment.header());
    TailWalk walk = new TailWalk(segment.header(), segment.file(), sequence, chain);
    while (walk.advance()) {
      builder.add(walk.entry(), walk.position());
    }
    if (!walk.endsInsideRun()) {
      return builder;
    }
    long lastComplete = walk.lastComplete();
    SegmentIndexBuilder complete = new SegmentIndexBuilder(segment.header());
    TailWalk again = new TailWalk(segment.header(), segment.file(), sequence, chain);
    while (again.advance() && again.entry().sequence() <= lastComplete) {
      complete.add(again.entry(), again.position());
    }
    return complete;
  }
}
