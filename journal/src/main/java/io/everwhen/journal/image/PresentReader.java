package io.everwhen.journal.image;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.StampedLock;

/**
 * Reads what is on a live disk now: the newest of each block, from the journal where the map has
 * it, from the image otherwise. Any thread.
 */
final class PresentReader {

  /** What may be read. */
  @FunctionalInterface
  interface Bounds {

    /**
     * Returns when that lies on the disk.
     *
     * @throws IllegalArgumentException when it does not
     */
    void check(long offset, long length);
  }

  /** How many pieces one {@link #run} looks at. */
  private static final int RUN_PIECES_MAX = 256;

  // What a reading thread has found in a map; there are a few hundred such threads at most.
  private static final ThreadLocal<Pieces> FOUND = ThreadLocal.withInitial(Pieces::new);

  private static final int DECODERS_KEPT = 4;
  private static final int DECODER_BYTES_KEPT = 1 << 20;

  private final int disk;
  private final String name;
  private final Image image;
  private final Journal journal;
  private final BlockMap map;
  private final Bounds bounds;
  // Readers hold it shared while they may be using a segment that the map has named; see quiesce().
  private final StampedLock readers = new StampedLock();
  // For entries whose payload is encoded.
  private final ConcurrentLinkedQueue<EntryReader> decoders = new ConcurrentLinkedQueue<>();
  // Counts the batches that were begun to be applied; see read().
  private final AtomicLong applications = new AtomicLong();

  PresentReader(int disk, String name, Image image, Journal journal, BlockMap map, Bounds bounds) {
    this.disk = disk;
    this.name = name;
    this.image = image;
    this.journal = journal;
    this.map = map;
    this.bounds = bounds;
  }

  /** Begins to read: what is on the disk, or in the map, stays usable until {@link #end}. */
  long begin() {
    return readers.readLock();
  }

  /**
   * Ends that.
   *
   * @param stamp what {@link #begin} returned
   */
  void end(long stamp) {
    readers.unlockRead(stamp);
  }

  /** Announces that pieces taken from the map before are going to be written to the image. */
  void beginApplication() {
    applications.incrementAndGet();
  }

  /** Returns when every read that might still be using what the map no longer names has ended. */
  void quiesce() {
    readers.unlockWrite(readers.writeLock());
  }

  /** Fills {@code into} from {@code offset} on. */
  void read(long offset, ByteBuffer into) throws IOException {
    int length = into.remaining();
    long stamp = readers.readLock();
    try {
      // Under the lock: what a resize cuts off is there until all who passed this are done.
      bounds.check(offset, length);
      if (journal.hasStagedChange(disk, offset, length)) {
        journal.settle();
      }
      int start = into.position();
      long seen;
      boolean failed;
      boolean fromImage;
      do {
        // What is not in the map is in the image; unless a write and its application to the image
        // overtake us between the two. Then a batch was begun meanwhile, and we look again. So we
        // do when the journal has failed meanwhile, and what we have read may be lost.
        seen = applications.get();
        failed = journal.failure() != null;
        into.position(start);
        fromImage = readOnce(offset, offset + length, into);
      } while ((fromImage && seen != applications.get()) || (!failed && journal.failure() != null));
    } finally {
      readers.unlockRead(stamp);
    }
  }

  private boolean readOnce(long offset, long end, ByteBuffer into) throws IOException {
    // What is put into the map after this is not in the image before a batch was begun.
    if (map.isEmpty()) {
      image.read(offset, into);
      return true;
    }
    Pieces found = takeFound();
    try {
      map.overlapping(offset, end, found);
      return readFound(found, offset, end, into);
    } finally {
      found.release();
    }
  }

  /** For one lookup of this thread at a time, which releases it. */
  private static Pieces takeFound() {
    Pieces found = FOUND.get();
    if (!found.isEmpty()) {
      throw new IllegalStateException("a disk is read while this thread reads another");
    }
    return found;
  }

  private boolean readFound(Pieces found, long offset, long end, ByteBuffer into)
      throws IOException {
    int limit = into.limit();
    int start = into.position();
    long at = offset;
    boolean fromImage = false;
    for (int i = 0; i < found.count(); i++) {
      if (found.start(i) > at) {
        image.read(at, into.limit(start + (int) (found.start(i) - offset)));
        fromImage = true;
      }
      into.limit(start + (int) (found.end(i) - offset));
      if (found.zeroes(i)) {
        Zeros.fill(into);
      } else {
        readEntry(found, i, into);
      }
      at = found.end(i);
    }
    into.limit(limit);
    if (at < end) {
      image.read(at, into);
      fromImage = true;
    }
    return fromImage;
  }

  private void readEntry(Pieces found, int piece, ByteBuffer into) throws IOException {
    IOException failure = journal.failure();
    if (failure != null && found.sequence(piece) > journal.durableSequence()) {
      checkNotLost(found, piece, failure);
    }
    if (found.encoded(piece)) {
      decodeEntry(found, piece, into);
    } else {
      long before = found.start(piece) - found.offset(piece);
      long place = found.place(piece) + EntryHeader.BYTES + before;
      found.segment(piece).file().readFully(place, into);
    }
  }

  private void decodeEntry(Pieces found, int piece, ByteBuffer into) throws IOException {
    Segment segment = found.segment(piece);
    EntryReader kept = decoders.poll();
    EntryReader reader = kept == null ? journal.newReader() : kept;
    EntryHeader entry =
        reader.read(
            segment.file(),
            segment.header(),
            found.place(piece),
            found.sequence(piece),
            found.end(piece) - found.offset(piece));
    int from = (int) (found.start(piece) - found.offset(piece));
    into.put(reader.payload().slice(from, into.remaining()));
    if (entry.length() <= DECODER_BYTES_KEPT && decoders.size() < DECODERS_KEPT) {
      decoders.add(reader);
    }
  }

  /**
   * After a failed sync a system may show again what was there before the bytes that it could not
   * write.
   */
  private void checkNotLost(Pieces found, int piece, IOException failure) throws IOException {
    Segment segment = found.segment(piece);
    long sequence = found.sequence(piece);
    try {
      journal.newReader().read(segment.file(), segment.header(), found.place(piece), sequence, 0);
    } catch (DamageException e) {
      throw new DamageException(
          "%s has lost a write that no flush had covered, entry %d: %s"
              .formatted(name, sequence, failure.getMessage()),
          e);
    }
  }

  /** Whether a range is in the image alone, as far as anybody has changed it yet. */
  boolean isInImage(long offset, int length) {
    bounds.check(offset, length);
    if (journal.hasStagedChange(disk, offset, length)) {
      return false;
    }
    if (map.isEmpty()) {
      return true;
    }
    Pieces found = takeFound();
    try {
      map.overlapping(offset, offset + length, found);
      return found.isEmpty();
    } finally {
      found.release();
    }
  }

  /**
   * What is at {@code offset}, and how far what follows, up to {@code end}, is like it; between
   * {@link #begin} and {@link #end}. May stop short of where it changes.
   */
  Run run(long offset, long end) throws IOException {
    boolean mapped = false;
    long at = offset;
    for (int pieces = 0; at < end && pieces < RUN_PIECES_MAX; pieces++) {
      Run next = pieceAt(at, end);
      if (at > offset && next.mapped() != mapped) {
        break;
      }
      mapped = next.mapped();
      at += next.length();
    }
    return new Run(Math.min(at, end) - offset, mapped);
  }

  private Run pieceAt(long offset, long diskEnd) throws IOException {
    long end = diskEnd;
    Pieces found = takeFound();
    try {
      map.next(offset, found);
      if (!found.isEmpty() && found.start(0) <= offset) {
        return new Run(found.end(0) - offset, !found.zeroes(0));
      }
      end = found.isEmpty() ? end : found.start(0);
    } finally {
      found.release();
    }
    long data = image.nextData(offset);
    return data > offset
        ? new Run(Math.min(end, data) - offset, false)
        : new Run(Math.min(end, image.nextHole(offset)) - offset, true);
  }
}
