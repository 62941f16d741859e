package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.SegmentIndexBuilder;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.NavigableSet;
import java.util.Optional;

/**
 * Looks for damage by reading everything. Changes nothing; may run while the journal is written.
 */
public final class SegmentAudit {

  /**
   * How often a tail that looks damaged is looked at again, because its writer may just be busy
   * with it.
   */
  private static final int TAIL_ATTEMPTS = 5;

  private SegmentAudit() {}

  /**
   * Checks a sealed segment against its index: every entry, their chain, the hash of the whole, and
   * that the index is the one that these entries make.
   *
   * @return what is wrong; empty when nothing is
   */
  public static Optional<String> damageOf(JournalFiles.OpenSegment segment, SegmentIndex index)
      throws IOException {
    if (segment.header().salt() != index.salt()) {
      return Optional.of("the index belongs to another file than the one that is there");
    }
    if (index.thinned()) {
      return ThinnedSegment.damageOf(segment, index);
    }
    SegmentIndexBuilder builder = new SegmentIndexBuilder(segment.header());
    TailWalk walk =
        TailWalk.hashing(
            segment.header(),
            segment.file(),
            index.firstSequence() - 1,
            index.firstChain(),
            SegmentScanner.window(index.dataLength()));
    long last = index.firstSequence() - 1;
    while (last < index.lastSequence() && walk.advance()) {
      builder.add(walk.entry(), walk.position());
      last = walk.entry().sequence();
    }
    if (last != index.lastSequence()) {
      return Optional.of(
          "entry "
              + (last + 1)
              + " is not what was written, or does not follow from the one before");
    }
    byte[] content = walk.contentHash();
    if (!Arrays.equals(content, index.content())) {
      return Optional.of("the hash of its content is not the one that it was sealed with");
    }
    if (!builder.build(content, index.previousSeal()).encoded().equals(index.encoded())) {
      return Optional.of("the index is not the one that the entries make");
    }
    return Optional.empty();
  }

  /**
   * Looks behind the last entry that a reader has found for signs that there were more, on stable
   * storage.
   *
   * @param lastSealed number of the last sealed segment
   * @param sequence of the last entry in it
   * @param checksum of that entry's header
   * @return what is wrong; empty when the tail is whole, or torn as a crash may leave it
   */
  public static Optional<String> damageOfTail(
      JournalFiles files, Manifest manifest, long lastSealed, long sequence, int checksum)
      throws IOException {
    Optional<String> found = Optional.empty();
    for (int attempt = 0; attempt < TAIL_ATTEMPTS; attempt++) {
      found = lookBehindTail(files, manifest, lastSealed, sequence, checksum);
      if (found.isEmpty()) {
        break;
      }
    }
    return found;
  }

  private static Optional<String> lookBehindTail(
      JournalFiles files, Manifest manifest, long lastSealed, long sequence, int checksum)
      throws IOException {
    NavigableSet<Long> numbers = files.segmentNumbers();
    long last = sequence;
    int chain = checksum;
    boolean ended = false;
    for (long number : numbers.tailSet(lastSealed, false)) {
      JournalFiles.OpenSegment segment;
      try {
        segment = files.openSegment(manifest, number);
      } catch (NoSuchFileException e) {
        // Cut off or folded meanwhile.
        ended = true;
        continue;
      } catch (FormatException e) {
        // A segment gets its name when its header is durable.
        return Optional.of(String.valueOf(e.getMessage()));
      }
      try (StorageFile file = segment.file()) {
        long end = SegmentHeader.BYTES;
        if (!ended) {
          TailWalk walk = new TailWalk(segment.header(), file, last, chain);
          while (walk.advance()) {
            last = walk.entry().sequence();
            chain = walk.entry().checksum();
            end = walk.position() + walk.entry().storedBytes();
          }
          ended = end == SegmentHeader.BYTES;
        }
        EntryHeader proof =
            new SegmentScanner(file, segment.header(), end, file.size())
                .inspectRest(last + 1)
                .proof();
        if (proof != null) {
          return Optional.of(
              "entry %d is damaged: entry %d in %s, made later, shows that it was on stable storage"
                  .formatted(last + 1, proof.sequence(), file.describe()));
        }
      }
    }
    return Optional.empty();
  }
}
