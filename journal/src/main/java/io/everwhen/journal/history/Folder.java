package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.Cursor;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Folds the oldest segment into the baseline, and so moves the horizon to its end.
 *
 * <p>The manifest says so before the baseline is touched, and again when it is complete; in between, everything can be
 * done once more from the beginning, because the segment is still there. One thread.
 */
public final class Folder {

  private final JournalFiles files;

  public Folder(JournalFiles files) {
    this.files = files;
  }

  /**
   * Folds the segment after the baseline.
   *
   * @return the manifest with the new baseline; the segment's file is still there, its index is gone
   * @throws DamageException when the segment is damaged; then nothing was changed
   */
  public Manifest fold(Manifest manifest) throws IOException {
    long number = manifest.baseline().segment() + 1;
    SegmentIndex index = files.readIndex(manifest, number);
    checkFollows(manifest.baseline(), index);
    JournalFiles.OpenSegment segment = files.openSegment(manifest, number);
    try (var _ = segment.file()) {
      checkWhole(segment, index);
      // Also when it says so already: a process that died may not have made it durable.
      files.writeManifest(manifest.withFolding(number));
      apply(manifest, segment, index);
    }
    Manifest.Baseline next =
        new Manifest.Baseline(
            index.lastSequence(),
            index.lastTimeNanos(),
            number,
            index.lastChecksum(),
            HexFormat.of().formatHex(index.seal()));
    Manifest folded = manifest.withBaseline(next);
    files.writeManifest(folded);
    files.storage().delete(FileNames.index(number));
    return folded;
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

  private void checkWhole(JournalFiles.OpenSegment segment, SegmentIndex index) throws IOException {
    long last = 0;
    try (Cursor cursor = new Cursor(segment, SegmentHeader.BYTES, index.dataLength())) {
      while (cursor.advance()) {
        last = cursor.entry().sequence();
      }
    }
    if (last != index.lastSequence()) {
      throw new DamageException(
          "%s is damaged behind entry %d; it is not folded. Run `everwhen verify`"
              .formatted(segment.file().describe(), last));
    }
  }

  private void apply(Manifest manifest, JournalFiles.OpenSegment segment, SegmentIndex index) throws IOException {
    Storage storage = files.storage();
    List<BaselineFile> baselines = new ArrayList<>();
    try (Cursor cursor = new Cursor(segment, SegmentHeader.BYTES, index.dataLength())) {
      for (Manifest.Disk disk : manifest.disks()) {
        baselines.add(BaselineFile.openForFolding(storage, disk.number(), disk.sizeBytes()));
      }
      while (cursor.advance()) {
        EntryHeader entry = cursor.entry();
        if (entry.kind().zeroes()) {
          baselines.get(entry.disk()).zero(entry.offset(), entry.length());
        } else if (entry.kind().changesContent()) {
          baselines.get(entry.disk()).write(entry.offset(), cursor.payload());
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
  }
}
