package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Origin;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.SegmentIndexBuilder;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a sealed segment after thinning: some of its entries, as they were, in a file of
 * its own, under an index that stands where the segment's own stood.
 */
public final class ThinnedSegment {

  private static final int COPY_BYTES = 1 << 20;

  private ThinnedSegment() {}

  /**
   * Copies the entries of a segment that are to be left to a new file. It counts only when {@link
   * #commit} has put its index in the place of the one that is there; until then it is a leftover
   * that the next opening removes.
   *
   * @param index of the segment, thinned before or not
   * @param survives whether an entry is to be left
   * @param turn of the {@link io.everwhen.journal.format.Kept} that allows it
   * @param salt of the new file, never used before
   * @param pace told of what is read
   * @return the index of the new file, which is durable
   * @throws DamageException when the segment is damaged, or the copy is not what it should be; then
   *     nothing has changed
   */
  public static SegmentIndex copy(
      JournalFiles files,
      Manifest manifest,
      SegmentIndex index,
      Predicate<EntryHeader> survives,
      long turn,
      long salt,
      long nowNanos,
      Pace pace)
      throws IOException {
    String name = FileNames.thinned(index.segment(), salt);
    boolean done = false;
    JournalFiles.OpenSegment segment = files.openSegment(manifest, index);
    try (var _ = segment.file();
        StorageFile file = files.storage().create(name)) {
      long dataLength = copyEntries(segment, index, survives, salt, file, pace);
      SegmentHeader header =
          new SegmentHeader(
              manifest.id(), index.segment(), salt, nowNanos, Origin.of(index, turn, dataLength));
      file.write(0, header.encode());
      file.sync();
      // Before an index can name it.
      files.storage().syncDirectory();
      SegmentIndex copied = indexOf(new JournalFiles.OpenSegment(header, file), survives);
      done = true;
      return copied;
    } finally {
      if (!done) {
        files.storage().delete(name);
      }
    }
  }

  /** Copies; the length of the new file. */
  private static long copyEntries(
      JournalFiles.OpenSegment segment,
      SegmentIndex index,
      Predicate<EntryHeader> survives,
      long salt,
      StorageFile file,
      Pace pace)
      throws IOException {
    SegmentScanner scanner =
        new SegmentScanner(
            segment.file(), segment.header(), SegmentHeader.BYTES, index.dataLength());
    ByteBuffer copy = buffer(COPY_BYTES);
    CRC32C crc = new CRC32C();
    long written = SegmentHeader.BYTES;
    while (scanner.advance()) {
      pace.spend(scanner.entry().storedBytes());
      if (!survives.test(scanner.entry())) {
        continue;
      }
      ByteBuffer stored = scanner.stored();
      if (copy.remaining() < stored.remaining()) {
        written += writeOut(file, written, copy);
        copy = copy.capacity() < stored.remaining() ? buffer(stored.remaining()) : copy;
      }
      int at = copy.position();
      copy.put(stored);
      EntryHeader.salt(copy, at, crc, salt);
    }
    if (scanner.nextPosition() != index.dataLength()) {
      throw new DamageException(
          "%s is damaged at byte %d; it is not thinned. Run `everwhen verify`"
              .formatted(segment.file().describe(), scanner.nextPosition()));
    }
    return written + writeOut(file, written, copy);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int writeOut(StorageFile file, long at, ByteBuffer copy) throws IOException {
    copy.flip();
    int bytes = copy.remaining();
    if (bytes > 0) {
      file.write(at, copy);
    }
    copy.clear();
    return bytes;
  }

  /** Reads back what was copied; also, that nothing is in it that should not be. */
  private static SegmentIndex indexOf(
      JournalFiles.OpenSegment segment, Predicate<EntryHeader> survives) throws IOException {
    Origin origin = Objects.requireNonNull(segment.header().origin());
    SegmentScanner scanner = hashing(segment, origin);
    SegmentIndexBuilder builder = walk(segment, origin, survives, scanner);
    if (builder == null) {
      throw new DamageException(
          segment.file().describe()
              + " does not give back what was written to it. Its volume is failing: copy the directory away");
    }
    return builder.build(scanner.contentHash(), HexFormat.of().parseHex(origin.previousSeal()));
  }

  private static SegmentScanner hashing(JournalFiles.OpenSegment segment, Origin origin)
      throws IOException {
    return SegmentScanner.hashing(
        segment.file(),
        segment.header(),
        origin.dataLength(),
        SegmentScanner.window(origin.dataLength()));
  }

  private static SegmentScanner walking(JournalFiles.OpenSegment segment, Origin origin) {
    return new SegmentScanner(
        segment.file(), segment.header(), SegmentHeader.BYTES, origin.dataLength());
  }

  /** The index of all entries; null when they are not whole, or not what they should be. */
  private static @Nullable SegmentIndexBuilder walk(
      JournalFiles.OpenSegment segment,
      Origin origin,
      Predicate<EntryHeader> survives,
      SegmentScanner scanner)
      throws IOException {
    SegmentIndexBuilder builder = new SegmentIndexBuilder(segment.header());
    if (origin.dataLength() > segment.file().size()) {
      return null;
    }
    long sequence = origin.firstSequence() - 1;
    long timeNanos = origin.firstTimeNanos() - 1;
    while (scanner.advance()) {
      EntryHeader entry = scanner.entry();
      if (entry.sequence() <= sequence
          || entry.sequence() > origin.lastSequence()
          || entry.timeNanos() <= timeNanos
          || entry.timeNanos() > origin.lastTimeNanos()
          || !survives.test(entry)) {
        return null;
      }
      builder.add(entry, scanner.position());
      sequence = entry.sequence();
      timeNanos = entry.timeNanos();
    }
    return scanner.nextPosition() == origin.dataLength() ? builder : null;
  }

  /** Puts the index of what is left in the place of the one that is there; durable then. */
  public static void commit(JournalFiles files, SegmentIndex copied) throws IOException {
    files.writeIndex(copied);
  }

  /**
   * Checks what is left of a segment against its index: every entry, the hash of the whole, and
   * that the index is the one that these entries make.
   *
   * @return what is wrong; empty when nothing is
   */
  static Optional<String> damageOf(JournalFiles.OpenSegment segment, SegmentIndex index)
      throws IOException {
    Origin origin = segment.header().origin();
    if (origin == null || !origin.equals(Origin.of(index, index.turn(), index.dataLength()))) {
      return Optional.of("its header is not the one that the index belongs to");
    }
    SegmentScanner scanner = hashing(segment, origin);
    SegmentIndexBuilder builder = walk(segment, origin, entry -> true, scanner);
    if (builder == null) {
      return Optional.of("an entry is not what was written, or does not follow from those before");
    }
    byte[] content = scanner.contentHash();
    if (!Arrays.equals(content, index.content())) {
      return Optional.of("the hash of its content is not the one that it was thinned with");
    }
    if (!builder.build(content, index.previousSeal()).encoded().equals(index.encoded())) {
      return Optional.of("the index is not the one that the entries make");
    }
    return Optional.empty();
  }

  /**
   * Makes the index of a thinned segment again, in memory.
   *
   * @param sequence of the last entry of the segment before
   * @param chain that entry's checksum
   * @return null when there is no file with this number that is whole and follows from there
   */
  static @Nullable UnsealedTail rebuild(
      JournalFiles files, Manifest manifest, long number, long sequence, int chain)
      throws IOException {
    List<JournalFiles.OpenSegment> found = new ArrayList<>();
    UnsealedTail rebuilt = null;
    try {
      for (String name : files.storage().list()) {
        if (FileNames.thinnedNumber(name).orElse(0) == number) {
          openTo(found, files, manifest, name, number);
        }
      }
      // What was thinned less often holds all that the others hold.
      found.sort(Comparator.comparingLong(each -> origin(each).turn()));
      for (JournalFiles.OpenSegment segment : found) {
        Origin origin = origin(segment);
        SegmentIndexBuilder builder =
            origin.firstSequence() == sequence + 1 && origin.firstChain() == chain
                ? walk(segment, origin, entry -> true, walking(segment, origin))
                : null;
        if (builder != null && rebuilt == null) {
          byte[] previousSeal = HexFormat.of().parseHex(origin.previousSeal());
          rebuilt = new UnsealedTail(number, segment, builder.build(new byte[32], previousSeal));
        }
      }
      return rebuilt;
    } finally {
      for (JournalFiles.OpenSegment segment : found) {
        if (rebuilt == null || !segment.equals(rebuilt.segment())) {
          segment.file().close();
        }
      }
    }
  }

  private static Origin origin(JournalFiles.OpenSegment segment) {
    return Objects.requireNonNull(segment.header().origin());
  }

  private static void openTo(
      List<JournalFiles.OpenSegment> found,
      JournalFiles files,
      Manifest manifest,
      String name,
      long number)
      throws IOException {
    try {
      JournalFiles.OpenSegment segment = files.openNamed(manifest, name, number);
      if (segment.header().origin() == null) {
        segment.file().close();
      } else {
        found.add(segment);
      }
    } catch (FormatException | NoSuchFileException e) {
      // It never counted, or cannot be read any more: another may.
    }
  }
}
