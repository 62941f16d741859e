package io.everwhen.journal.history;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Reads the parts of a history from beginning to end, for damage and for the instants that it
 * costs. One thread, as long as the history is open.
 */
public final class DamageSurvey {

  private final History history;

  public DamageSurvey(History history) {
    this.history = history;
  }

  /** What a hole costs. */
  public Damage of(Hole hole) throws IOException {
    return new Damage(
        history.storage().describe() + "/" + FileNames.segment(hole.segment()),
        "entry %d and what follows it in segment %d cannot be read, and there is no index: %s"
            .formatted(hole.fromSequence(), hole.segment(), hole.what()),
        new Losses(history).addAllFrom(hole.fromSequence()).lost());
  }

  /** Reads a whole segment; what is wrong with it, or empty. */
  public Optional<Damage> of(HistorySegment segment) throws IOException {
    Optional<String> what = segment.findDamage();
    if (what.isEmpty()) {
      return Optional.empty();
    }
    SegmentIndex index = segment.index();
    BitSet damaged = segment.damagedEntries();
    Losses losses = new Losses(history);
    damaged.stream().forEach(entry -> losses.addEntry(index.firstSequence() + entry));
    for (int i = 0; i < index.extents(); i++) {
      boolean lost = damaged.get((int) (index.extentSequence(i) - index.firstSequence()));
      if (lost && !index.extentZeroes(i)) {
        losses.add(
            new LostExtent(
                history.manifest().disks().get(index.extentDisk(i)),
                index.extentOffset(i),
                index.extentLength(i),
                index.extentSequence(i)));
      }
    }
    for (int i = 0; i < index.events(); i++) {
      if ((index.eventResizes(i) || index.eventRewinds(i))
          && damaged.get((int) (index.eventSequence(i) - index.firstSequence()))) {
        losses.addAllFrom(index.firstSequence()); // how large the disk was, or what it went back to
      }
    }
    return Optional.of(new Damage(segment.where(), what.get(), losses.lost()));
  }

  /** Reads the whole baseline of a disk; what is wrong with it, or empty. */
  public Optional<Damage> of(Manifest.Disk disk) throws IOException {
    return of(disk, 0, Long.MAX_VALUE);
  }

  /** The same for the bytes from {@code from} to {@code to} of a baseline. */
  public Optional<Damage> of(Manifest.Disk disk, long from, long to) throws IOException {
    try (PastView view = new PastView(history, disk, history.horizon().sequence())) {
      List<LostExtent> damaged = view.damagedBaseline(from, to);
      if (damaged.isEmpty()) {
        return Optional.empty();
      }
      Losses losses = new Losses(history);
      for (LostExtent extent : damaged) {
        losses.add(extent);
      }
      return Optional.of(
          new Damage(
              history.baselinePath(disk),
              "%d of its blocks of %d bytes are damaged, the first at byte %d"
                  .formatted(damaged.size(), BaselineFile.CHUNK_BYTES, damaged.getFirst().offset()),
              losses.lost()));
    } catch (LossException e) {
      return Optional.of(
          new Damage(history.baselinePath(disk), String.valueOf(e.getMessage()), e.lost()));
    }
  }
}
