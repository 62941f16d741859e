package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.RewindNote;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.history.HistorySegment.Reference;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.payload.Secret;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is needed of a history while a disk is being rewound and filled in: its content at the
 * instant that it goes back to, and where it was changed. While this is open nothing of the history
 * is folded or thinned. One thread.
 */
public final class Rewound implements Closeable {

  private final History history;
  private final Manifest.Disk disk;
  private @Nullable PastView view;

  private Rewound(History history, int disk) {
    this.history = history;
    this.disk = history.manifest().disks().get(disk);
  }

  /**
   * Opens the history of a group that this process writes.
   *
   * @param secret of an encrypted one
   */
  public static Rewound open(Storage journal, @Nullable Secret secret, int disk)
      throws IOException {
    return new Rewound(History.open(journal, secret), disk);
  }

  /** The newest entry. */
  public long head() throws IOException {
    return history.head().sequence();
  }

  /**
   * Goes back to an instant.
   *
   * @throws DamageException when that cannot be asked for
   */
  public void goTo(long sequence) throws IOException {
    Optional<History.Point> point = history.atSequence(sequence);
    if (point.isEmpty() || point.get().sequence() != sequence) {
      throw new DamageException("the instant of entry " + sequence + " is not there any more");
    }
    view = new PastView(history, disk, sequence);
  }

  /** The oldest instant that must stay so that one can be gone to: see {@link History}. */
  public long oldestNeededBy(long sequence) {
    return history.oldestNeededBy(sequence);
  }

  private PastView view() {
    PastView open = view;
    if (open == null) {
      throw new IllegalStateException("nowhere was gone to");
    }
    return open;
  }

  /** Bytes that the disk had then. */
  public long sizeBytes() {
    return view().sizeBytes();
  }

  /** Fills {@code into} with what the disk held then, from {@code offset} on. */
  public void read(long offset, ByteBuffer into) throws IOException {
    view().read(offset, into);
  }

  /** Receives ranges of the disk, in bytes. */
  public interface Ranges {
    void add(long offset, long length);
  }

  /** Tells where the disk was changed after one entry, up to another. */
  public void changes(long after, long upTo, Ranges ranges) throws IOException {
    history.checkKnown(upTo);
    try {
      for (HistorySegment segment : history.segments()) {
        SegmentIndex index = segment.index();
        if (index.lastSequence() > after && index.firstSequence() <= upTo) {
          changes(index, after, upTo, ranges);
        }
      }
    } catch (InternalError e) {
      throw new IOException(
          "an index in %s cannot be read any more".formatted(history.storage().describe()), e);
    }
  }

  private void changes(SegmentIndex index, long after, long upTo, Ranges ranges) {
    for (int i = index.firstExtentReaching(disk.number(), 0);
        i < index.extents() && index.extentDisk(i) == disk.number();
        i++) {
      long sequence = index.extentSequence(i);
      if (sequence > after && sequence <= upTo) {
        ranges.add(index.extentOffset(i), index.extentLength(i));
      }
    }
  }

  /**
   * The entry of a rewind that was noted; 0 when it did not take place.
   *
   * @throws DamageException when nobody can tell
   */
  public long entryOf(RewindNote.Step step) throws IOException {
    for (HistorySegment segment : history.segments()) {
      for (Reference each : segment.references(history.newReader())) {
        if (each.sequence() <= step.after()) {
          continue;
        }
        if (each.unreadable()) {
          throw segment.damaged(null);
        }
        if (each.disk() == disk.number()
            && each.kind() == EntryKind.REWIND
            && each.refersTo() == step.to()) {
          return each.sequence();
        }
      }
    }
    return 0;
  }

  /** Whether the last rewind of the disk is filled in. */
  public boolean isFilledIn() {
    return !history.rewinds().isOpen(disk.number());
  }

  @Override
  public void close() throws IOException {
    try (History _ = history;
        PastView _ = view) {
      view = null;
    }
  }
}
