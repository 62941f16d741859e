package io.everwhen.restore.run;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.BaselineAudit;
import io.everwhen.journal.history.DamageSurvey;
import io.everwhen.journal.history.History;
import io.everwhen.journal.io.Pace;
import io.everwhen.journal.io.PacedFile;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.log.Clock;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.SegmentAudit;
import io.everwhen.restore.run.ScrubStatus.Round;
import io.everwhen.restore.run.VerifyReport.Finding;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Verifies the history of one group again and again, beside whoever writes it: the baselines, then
 * each sealed segment.
 *
 * <p>It does not keep segments from being folded while it reads them; if something then looks
 * wrong, it looks again, and meanwhile folding waits. Of a baseline it reads small pieces, during
 * each of which folding waits. One thread takes steps; any thread asks for the status.
 */
public final class Scrubber {

  private static final int FINDINGS_MAX = 100;

  private final Storage storage;
  private final JournalFiles files;
  private final Clock clock;

  private volatile ScrubStatus status;
  private @Nullable Round last;

  // The round that is going on.
  private int disk;
  private long offset;
  private long segment;
  private long segments;
  private long bytes;
  private long beganNanos;
  private @Nullable Link previous;
  private final List<Finding> findings = new ArrayList<>();

  public Scrubber(Storage journal, Clock clock) {
    this.storage = journal;
    this.files = new JournalFiles(journal);
    this.clock = clock;
    this.beganNanos = clock.wallNanos();
    this.status = new ScrubStatus(null, round(), null);
  }

  /** How it is getting on. */
  public ScrubStatus status() {
    return status;
  }

  /** What comes after a step. */
  public enum Step {
    /** There is more to read. */
    MORE,
    /** Somebody is folding: try again in a moment. */
    WAIT,
    /** Everything was read once more. */
    ROUND_ENDED
  }

  /**
   * Reads the next segment, or the next piece of a baseline.
   *
   * @param pace told of every read of a segment, and of each piece of a baseline
   */
  public Step step(Pace pace) throws IOException {
    try {
      Step step = disk >= 0 ? stepBaseline(pace) : stepSegment(pace);
      status = new ScrubStatus(last, round(), null);
      return step;
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      status = new ScrubStatus(last, round(), e.getMessage());
      throw e;
    } catch (InternalError e) {
      // What reading a mapped index throws when the volume fails it.
      String what = "an index in %s cannot be read any more".formatted(storage.describe());
      status = new ScrubStatus(last, round(), what);
      throw new IOException(what, e);
    }
  }

  private Round round() {
    return new Round(beganNanos, clock.wallNanos(), segments, bytes, findings);
  }

  private Step stepBaseline(Pace pace) throws IOException {
    Optional<Closeable> pin = storage.tryLock(FileNames.READER_LOCK, Storage.LockMode.SHARED);
    if (pin.isEmpty()) {
      return Step.WAIT;
    }
    BaselineAudit.Piece piece;
    try (Closeable _ = pin.get()) {
      Manifest manifest = files.readManifest();
      if (manifest.folding() != 0 || disk >= manifest.disks().size()) {
        disk = -1; // half folded, it is no use; the segment that is in it will be read
        return Step.MORE;
      }
      Manifest.Disk which = manifest.disks().get(disk);
      try {
        piece = BaselineAudit.read(storage, manifest, which, offset);
      } catch (DamageException | NoSuchFileException e) {
        look(which, 0, Long.MAX_VALUE);
        disk++;
        offset = 0;
        return Step.MORE;
      }
      if (!piece.sound()) {
        look(which, piece.begin(), piece.end());
      }
    }
    bytes += piece.bytes();
    offset = piece.atEnd() ? 0 : piece.end();
    disk += piece.atEnd() ? 1 : 0;
    pace.spend(piece.bytes()); // when folding need not wait
    return Step.MORE;
  }

  /** Finds out what damage to a baseline costs. */
  private void look(Manifest.Disk which, long from, long to) throws IOException {
    try (History history = History.open(storage)) {
      new DamageSurvey(history).of(which, from, to).map(Verifier::finding).ifPresent(this::add);
    }
  }

  private Step stepSegment(Pace pace) throws IOException {
    Manifest manifest = files.readManifest();
    long number = Math.max(segment, manifest.baseline().segment()) + 1;
    NavigableSet<Long> rest = files.indexNumbers().tailSet(number, true);
    if (rest.isEmpty()) {
      endRound();
      return Step.ROUND_ENDED;
    }
    if (!isSound(manifest, number, pace)) {
      previous = null;
      lookAgain(number);
    }
    segment = number;
    segments++;
    return Step.MORE;
  }

  private boolean isSound(Manifest manifest, long number, Pace pace) throws IOException {
    try {
      SegmentIndex index = files.readIndex(manifest, number);
      JournalFiles.OpenSegment opened = files.openSegment(manifest, index);
      try (StorageFile file = new PacedFile(opened.file(), pace)) {
        boolean sound =
            SegmentAudit.damageOf(new JournalFiles.OpenSegment(opened.header(), file), index)
                .isEmpty();
        Link before =
            number == manifest.baseline().segment() + 1
                ? Link.after(manifest.baseline())
                : previous;
        boolean follows = before == null || before.leadsTo(index, true);
        previous = Link.after(index, true);
        bytes += index.dataLength();
        return sound && follows;
      }
    } catch (FormatException | DamageException | NoSuchFileException e) {
      return false;
    }
  }

  /** It may have been folded, and its file be in use again. */
  private void lookAgain(long number) throws IOException {
    try (History history = History.open(storage)) {
      List<Finding> found = new Verifier(history, Progress.NONE).verifySegment(number);
      if (files.readManifest().baseline().segment() < number) {
        found.forEach(this::add);
      }
    }
  }

  private void add(Finding finding) {
    if (findings.size() < FINDINGS_MAX) {
      findings.add(finding);
    }
  }

  private void endRound() {
    last = round();
    disk = 0;
    offset = 0;
    segment = 0;
    segments = 0;
    bytes = 0;
    previous = null;
    findings.clear();
    beganNanos = clock.wallNanos();
  }
}
