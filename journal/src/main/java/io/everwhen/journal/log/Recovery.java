package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.SegmentIndexBuilder;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a journal into order after it was left, cleanly or not.
 *
 * <p>Sealed segments are taken as they are. The entries of the segments behind them are walked
 * through; the first that is not valid, or does not follow from the one before, ends the journal:
 * it is the torn tail of a crash, and is cut off. Unless something shows that the entry was durable
 * once; then it is damage, and recovery refuses to guess. What remains is made durable and sealed,
 * so that nothing is ever appended behind a cut.
 *
 * <p>A crash at any moment of this leaves work that the next recovery does again.
 */
final class Recovery {

  private static final Logger log = LoggerFactory.getLogger(Recovery.class);

  private final JournalFiles files;
  private final Storage storage;
  private final Manifest manifest;

  private long lastSequence;
  private long lastTimeNanos;
  private int lastChecksum;
  private byte[] lastSeal;
  private long lastSegment;

  private Recovery(JournalFiles files, Manifest manifest) {
    this.files = files;
    this.storage = files.storage();
    this.manifest = manifest;
    Manifest.Baseline baseline = manifest.baseline();
    this.lastSequence = baseline.sequence();
    this.lastTimeNanos = baseline.timeNanos();
    this.lastChecksum = baseline.chain();
    this.lastSeal = baseline.sealBytes();
    this.lastSegment = baseline.segment();
  }

  /**
   * Where the journal ends: the last entry (or the baseline when there is none), its segment and
   * that segment's seal in hexadecimal.
   */
  record Result(
      long lastSequence, long lastTimeNanos, int lastChecksum, String lastSeal, long lastSegment) {}

  /**
   * Recovers; afterwards every segment is sealed and everything durable.
   *
   * @param knownDurable a sequence that must be in the journal, for example because an image holds
   *     it
   */
  static Result recover(JournalFiles files, Manifest manifest, long knownDurable)
      throws IOException {
    Recovery recovery = new Recovery(files, manifest);
    recovery.clearLeftovers();
    recovery.passSealed();
    recovery.sealTail(knownDurable);
    return new Result(
        recovery.lastSequence,
        recovery.lastTimeNanos,
        recovery.lastChecksum,
        HexFormat.of().formatHex(recovery.lastSeal),
        recovery.lastSegment);
  }

  /** Removes files that an interrupted replacement, fold or joining of a disk has left. */
  private void clearLeftovers() throws IOException {
    long folded = manifest.baseline().segment();
    for (String name : storage.list()) {
      long number =
          Math.max(FileNames.segmentNumber(name).orElse(0), FileNames.indexNumber(name).orElse(0));
      if ((number > 0 && number <= folded)
          || name.endsWith(".tmp")
          || SegmentSupply.isSpare(name)
          || FileNames.baselineDisk(name).orElse(0) >= manifest.disks().size()) {
        storage.delete(name);
      }
      OptionalLong thinned = FileNames.thinnedNumber(name);
      if (thinned.isPresent()) {
        clearThinned(thinned.getAsLong(), name);
      }
    }
  }

  /** Of a segment that was being thinned, only what the index names counts. */
  private void clearThinned(long number, String name) throws IOException {
    if (number <= manifest.baseline().segment()) {
      storage.delete(name);
      return;
    }
    String counts;
    try {
      counts = JournalFiles.segmentName(files.readIndex(manifest, number));
    } catch (FormatException | NoSuchFileException e) {
      return; // nobody knows which of them counts: none is touched
    }
    if (!name.equals(counts)) {
      storage.delete(name);
    } else {
      storage.delete(FileNames.segment(number));
    }
  }

  /** Goes to the last sealed segment by its index alone. */
  private void passSealed() throws IOException {
    NavigableSet<Long> indexes = files.indexNumbers();
    if (indexes.isEmpty()) {
      return;
    }
    SegmentIndex index = files.readIndex(manifest, indexes.last());
    if (index.lastSequence() <= lastSequence) {
      throw new DamageException(
          "the index of segment "
              + index.segment()
              + " in "
              + storage.describe()
              + " ends before the baseline");
    }
    take(index);
  }

  private void take(SegmentIndex index) {
    lastSequence = index.lastSequence();
    lastTimeNanos = index.lastTimeNanos();
    lastChecksum = index.lastChecksum();
    lastSeal = index.seal();
    lastSegment = index.segment();
  }

  private record Tail(long number, SegmentIndexBuilder builder) {}

  private void sealTail(long knownDurable) throws IOException {
    Set<Long> behind = files.segmentNumbers().tailSet(lastSegment, false);
    List<Tail> tails = new ArrayList<>();
    long sequence = lastSequence;
    int chain = lastChecksum;
    boolean ended = false;
    boolean torn = false;
    EntryHeader proof = null;
    for (long number : behind) {
      Tail tail = null;
      if (!ended && number == lastSegment + tails.size() + 1) {
        tail = walk(number, sequence, chain);
      }
      if (tail != null && !tail.builder.isEmpty()) {
        SegmentIndex index = tail.builder.build(new byte[32], new byte[32]);
        sequence = index.lastSequence();
        chain = index.lastChecksum();
        tails.add(tail);
      } else {
        // From the first segment that holds nothing on, there can only be remains of what is cut
        // off.
        ended = true;
      }
      SegmentScanner.Rest rest = inspect(number, tail, sequence);
      torn |= rest.torn();
      proof = proof == null ? rest.proof() : proof;
    }
    if (proof != null) {
      throw new DamageException(
          "entry %d in %s is damaged: entry %d, made later, shows that it was on stable storage. %s"
              .formatted(sequence + 1, storage.describe(), proof.sequence(), whatToDo(sequence)));
    }
    if (sequence < knownDurable) {
      throw new DamageException(
          "the journal in %s ends at entry %d, but the image holds entry %d. %s"
              .formatted(storage.describe(), sequence, knownDurable, whatToDo(sequence)));
    }
    if (torn) {
      log.warn(
          "{}: cut off a torn tail behind entry {}; no flush covered it",
          storage.describe(),
          sequence);
    }
    discard(behind, tails);
    long synced = tails.isEmpty() ? 0 : tails.getLast().builder.lastKnownDurable();
    for (Tail tail : tails) {
      seal(tail, synced);
    }
  }

  private static String whatToDo(long sequence) {
    return "Copy the directory away before anything else, run `everwhen verify`, and restore with --at seq:"
        + sequence;
  }

  private Tail walk(long number, long sequence, int chain) throws IOException {
    JournalFiles.OpenSegment segment = openUnsealed(number, sequence);
    try (StorageFile _ = segment.file()) {
      return new Tail(number, UnsealedTail.completeChanges(segment, sequence, chain));
    }
  }

  /**
   * A segment gets its name when its header is durable: without one it is damaged, and nobody knows
   * what it held.
   */
  private JournalFiles.OpenSegment openUnsealed(long number, long sequence) throws IOException {
    try {
      return files.openSegment(manifest, number);
    } catch (FormatException e) {
      throw new DamageException(e.getMessage() + ". " + whatToDo(sequence), e);
    }
  }

  private SegmentScanner.Rest inspect(long number, @Nullable Tail tail, long sequence)
      throws IOException {
    JournalFiles.OpenSegment segment = openUnsealed(number, sequence);
    try (StorageFile file = segment.file()) {
      long from = tail == null ? SegmentHeader.BYTES : tail.builder.dataLength();
      return new SegmentScanner(file, segment.header(), from, file.size())
          .inspectRest(sequence + 1);
    }
  }

  /**
   * Deletes the segments that hold nothing of the journal, before the cut is made final by sealing.
   */
  private void discard(Set<Long> behind, List<Tail> tails) throws IOException {
    boolean deleted = false;
    for (long number : behind) {
      if (tails.stream().noneMatch(tail -> tail.number == number)) {
        storage.delete(FileNames.segment(number));
        deleted = true;
      }
    }
    if (deleted) {
      storage.syncDirectory();
    }
  }

  private void seal(Tail tail, long synced) throws IOException {
    String name = FileNames.segment(tail.number);
    try (StorageFile file = storage.open(name)) {
      long dataLength = tail.builder.dataLength();
      writeAgain(file, placeAfter(tail, synced), dataLength);
      // Before the index is written: on a full volume this makes the room for it.
      file.setSize(dataLength);
      file.sync();
      SegmentIndex index = tail.builder.build(contentHash(file, dataLength), lastSeal);
      files.writeIndex(index);
      take(index);
    }
  }

  private long placeAfter(Tail tail, long synced) throws IOException {
    JournalFiles.OpenSegment segment = openUnsealed(tail.number, lastSequence);
    try (StorageFile file = segment.file()) {
      TailWalk walk = new TailWalk(segment.header(), file, lastSequence, lastChecksum);
      long place = SegmentHeader.BYTES;
      while (walk.advance() && walk.entry().sequence() <= synced) {
        place = walk.position() + walk.entry().storedBytes();
      }
      return place;
    }
  }

  /**
   * Writes what was read. After a failed sync, which may be why we are here, the system still shows
   * the bytes but takes them for written: only writing them once more makes the next sync bring
   * them to stable storage.
   */
  private static void writeAgain(StorageFile file, long from, long to) throws IOException {
    ByteBuffer window = SegmentScanner.window(to - from);
    for (long at = from; at < to; at += window.limit()) {
      window.clear().limit((int) Math.min(window.capacity(), to - at));
      file.readFully(at, window);
      file.write(at, window.flip());
    }
  }

  /** SHA-256 of the first {@code length} bytes. */
  private static byte[] contentHash(StorageFile file, long length) throws IOException {
    MessageDigest digest = SegmentIndex.sha256();
    ByteBuffer window = SegmentScanner.window(length);
    for (long at = 0; at < length; at += window.limit()) {
      window.clear().limit((int) Math.min(window.capacity(), length - at));
      file.readFully(at, window);
      digest.update(window.flip());
    }
    return digest.digest();
  }
}
