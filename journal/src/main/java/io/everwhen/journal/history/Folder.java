package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.NewSize;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.Cursor;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.payload.Keyring;
import io.everwhen.journal.payload.PayloadDecoder;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Folds the oldest segment into the baseline, and so moves the horizon to its end.
 *
 * <p>The manifest says so before the baseline is touched, and again when it is complete; in
 * between, everything can be done once more from the beginning, because the segment is still there.
 * One thread.
 */
public final class Folder {

  private static final long SLACK_BYTES = 1 << 20;

  private final JournalFiles files;
  private final PayloadDecoder decoder;

  /**
   * A folder.
   *
   * @param keys of the group; null when nothing is encrypted
   */
  public Folder(JournalFiles files, @Nullable Keyring keys) {
    this.files = files;
    this.decoder = new PayloadDecoder(keys);
  }

  /**
   * The room that folding the segment after the baseline may take on the volume, in bytes; a little
   * too much.
   */
  public long bytesNeeded(Manifest manifest) throws IOException {
    SegmentIndex index = files.readIndex(manifest, manifest.baseline().segment() + 1);
    long needed = SLACK_BYTES;
    for (Manifest.Disk disk : manifest.disks()) {
      if (BaselineFile.exists(files.storage(), disk.number())) {
        try (BaselineFile baseline =
            BaselineFile.openForReading(files.storage(), disk.number(), disk.sizeBytes(), true)) {
          needed += bytesNeeded(index, disk, baseline.holes());
        }
      } else {
        needed += bytesNeeded(index, disk, chunk -> true);
      }
    }
    return needed;
  }

  /**
   * A chunk for each one that is written and is a hole yet, and a page of checksums for each that
   * they are in.
   *
   * @param isHole of chunks, by number, asked in their order
   */
  private static long bytesNeeded(SegmentIndex index, Manifest.Disk disk, BaselineFile.Holes isHole)
      throws IOException {
    long chunks = 0;
    long pages = 0;
    long lastPage = -1;
    long next = 0; // the first chunk not looked at yet
    for (int i = index.firstExtentReaching(disk.number(), 0);
        i < index.extents() && index.extentDisk(i) == disk.number();
        i++) {
      if (index.extentZeroes(i)) {
        continue;
      }
      long end = index.extentOffset(i) + index.extentLength(i);
      long chunk = Math.max(next, index.extentOffset(i) / BaselineFile.CHUNK_BYTES);
      for (; chunk * BaselineFile.CHUNK_BYTES < end; chunk++) {
        chunks += isHole.at(chunk) ? 1 : 0;
        long page = chunk * Integer.BYTES / BaselineFile.CHUNK_BYTES;
        pages += page == lastPage ? 0 : 1;
        lastPage = page;
      }
      next = Math.max(next, chunk);
    }
    return (chunks + pages) * BaselineFile.CHUNK_BYTES;
  }

  /**
   * Folds the segment after the baseline.
   *
   * @param giveUp whether to leave it half done, as after a crash; it is then done once more
   * @return the manifest with the new baseline; the segment's file is still there, its index is
   *     gone. Empty when it was given up
   * @throws DamageException when the segment is damaged, or a baseline is not there; then nothing
   *     was changed
   */
  public Optional<Manifest> fold(Manifest manifest, BooleanSupplier giveUp) throws IOException {
    long number = manifest.baseline().segment() + 1;
    SegmentIndex index = files.readIndex(manifest, number);
    checkFollows(manifest.baseline(), index);
    Optional<long[]> sizes;
    JournalFiles.OpenSegment segment = files.openSegment(manifest, index);
    try (var _ = segment.file()) {
      checkWhole(segment, index);
      checkBaselines(manifest);
      // Also when it says so already: a process that died may not have made it durable.
      files.writeManifest(manifest.withFolding(number));
      sizes = apply(manifest, segment, index, giveUp);
    }
    if (sizes.isEmpty()) {
      return Optional.empty();
    }
    Manifest.Baseline next =
        new Manifest.Baseline(
            index.lastSequence(),
            index.lastTimeNanos(),
            number,
            index.lastChecksum(),
            HexFormat.of().formatHex(index.seal()));
    Manifest folded = manifest.withBaseline(next, sizes.get());
    files.writeManifest(folded);
    files.storage().delete(FileNames.index(number));
    return Optional.of(folded);
  }

  private void checkFollows(Manifest.Baseline baseline, SegmentIndex index) throws DamageException {
    if (index.firstSequence() != baseline.sequence() + 1
        || index.firstChain() != baseline.chain()
        || !index.previousSealText().equals(baseline.seal())) {
      throw new DamageException(
          "segment %d in %s does not follow from the baseline; it is not folded"
              .formatted(index.segment(), files.storage().describe()));
    }
  }

  /** What is lost must not become zeros. */
  private void checkBaselines(Manifest manifest) throws IOException {
    for (Manifest.Disk disk : manifest.disks()) {
      if (!manifest.hasBaseline(disk)) {
        continue;
      }
      // While it is being made, also its size may be another.
      boolean incomplete = manifest.folding() != 0;
      try {
        BaselineFile.openForReading(files.storage(), disk.number(), disk.sizeBytes(), incomplete)
            .close();
      } catch (NoSuchFileException | DamageException e) {
        throw new DamageException(
            "the baseline of %s in %s is damaged or missing, and nothing is folded into it: %s. Run `everwhen verify`"
                .formatted(disk.name(), files.storage().describe(), e.getMessage()),
            e);
      }
    }
  }

  private void checkWhole(JournalFiles.OpenSegment segment, SegmentIndex index) throws IOException {
    long end = SegmentHeader.BYTES;
    try (Cursor cursor = new Cursor(segment, SegmentHeader.BYTES, index.dataLength())) {
      while (cursor.advance()) {
        decoder.decode(cursor.entry(), cursor.payload());
        end = cursor.end();
      }
    } catch (FormatException e) {
      throw new DamageException(
          "%s is damaged at byte %d; it is not folded: %s"
              .formatted(segment.file().describe(), end, e.getMessage()),
          e);
    }
    if (end != index.dataLength()) {
      throw new DamageException(
          "%s is damaged at byte %d; it is not folded. Run `everwhen verify`"
              .formatted(segment.file().describe(), end));
    }
  }

  /** Applies all entries; how large the disks are after them, by number. */
  private Optional<long[]> apply(
      Manifest manifest,
      JournalFiles.OpenSegment segment,
      SegmentIndex index,
      BooleanSupplier giveUp)
      throws IOException {
    Storage storage = files.storage();
    long[] sizes = manifest.disks().stream().mapToLong(Manifest.Disk::sizeBytes).toArray();
    List<BaselineFile> baselines = new ArrayList<>();
    try (Cursor cursor = new Cursor(segment, SegmentHeader.BYTES, index.dataLength())) {
      for (Manifest.Disk disk : manifest.disks()) {
        baselines.add(BaselineFile.openForFolding(storage, disk.number(), disk.sizeBytes()));
      }
      while (cursor.advance()) {
        if (giveUp.getAsBoolean()) {
          return Optional.empty();
        }
        EntryHeader entry = cursor.entry();
        BaselineFile baseline = baselines.get(entry.disk());
        switch (entry.kind()) {
          case WRITE -> baseline.write(entry.offset(), decoder.decode(entry, cursor.payload()));
          case ZERO, UNMAP -> baseline.zero(entry.offset(), entry.length());
          case RESIZE -> {
            sizes[entry.disk()] = NewSize.of(entry, cursor.payload());
            baseline.resize(sizes[entry.disk()]);
          }
          // What they bring back stands in entries of its own.
          case MARK, FLUSH, CLOCK, REWIND, REWOUND, UNRECORDED, RECORDED -> {}
        }
      }
      for (BaselineFile baseline : baselines) {
        baseline.finish();
      }
    } finally {
      for (BaselineFile baseline : baselines) {
        baseline.close();
      }
    }
    storage.syncDirectory();
    return Optional.of(sizes);
  }
}
