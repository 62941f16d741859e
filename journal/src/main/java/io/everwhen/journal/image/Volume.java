package io.everwhen.journal.image;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.image.Backfill.Parts;
import io.everwhen.journal.log.Journal;
import io.everwhen.journal.log.JournalFullException;
import io.everwhen.journal.log.Segment;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;

/**
 * A live disk: reads see the newest settled content, changes go into the journal.
 *
 * <p>Offsets and lengths are in bytes and multiples of 512. Any thread may call {@link #read},
 * {@link #write}, {@link #zero}, {@link #settle} and {@link #flush}; the order in which a change is
 * staged, settled and synced is that of {@link Journal}.
 */
public final class Volume {

  private static final int SECTOR_BYTES = 512;
  private static final String WHY_NOT = "the journal has no room";

  private final int disk;
  private final String name;
  private final Image image;
  private final Journal journal;
  private final BlockMap map;
  private final PresentReader present;
  // Changes hold it shared while they are staged; exclusively it is held while the disk is rewound.
  private final StampedLock changes = new StampedLock();
  // Not null while something of the disk still reads as of the past.
  private volatile @Nullable Backfill backfill;
  // Not null while changes are not recorded.
  private volatile @Nullable Unlogged unlogged;
  private final Loans loans = new Loans();
  // Written by whoever tells of entries: one thread at a time.
  private volatile long sizeBytes;
  private final SizesToCome sizesToCome = new SizesToCome();

  Volume(int disk, String name, Image image, Journal journal, BlockMap map) {
    this.disk = disk;
    this.name = name;
    this.sizeBytes = image.checkpointSizeBytes();
    this.image = image;
    this.journal = journal;
    this.map = map;
    this.present = new PresentReader(disk, name, image, journal, map, this::check);
  }

  /** Which of the group's disks it is. */
  public int number() {
    return disk;
  }

  public String name() {
    return name;
  }

  /** Bytes on the disk; changes with {@link #resize}. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** Fills {@code into} from {@code offset} on. */
  public void read(long offset, ByteBuffer into) throws IOException {
    Backfill filling = backfill;
    if (filling == null) {
      present.read(offset, into);
    } else {
      readWhileFilling(filling, offset, into);
    }
  }

  /**
   * Lends what {@link #read} would fill in, where all of it is in the image and the system has it
   * in memory.
   *
   * @return null when it has to be read
   */
  public @Nullable Loan lend(long offset, int length) throws IOException {
    Loans.Round round = loans.begin();
    boolean lent = false;
    try {
      // After it was begun: whoever is going to write to the image waits for it from here on, or
      // has said so before.
      if (isInImage(offset, length)) {
        ByteBuffer content = image.lend(offset, length, journal.monotonicNanos());
        if (content != null) {
          lent = true;
          return new Loan(content, image, offset, round);
        }
      }
      return null;
    } finally {
      if (!lent) {
        round.end();
      }
    }
  }

  /** Whether a range is in the image alone, as far as anybody has changed it yet. */
  private boolean isInImage(long offset, int length) {
    return backfill == null && unlogged == null && present.isInImage(offset, length);
  }

  /** What is to be filled in comes from the past, the rest from what is there. */
  private void readWhileFilling(Backfill filling, long offset, ByteBuffer into) throws IOException {
    check(offset, into.remaining());
    int limit = into.limit();
    long end = offset + into.remaining();
    for (long at = offset; at < end; ) {
      long read = filling.readPending(at, into);
      if (read == 0) {
        // Nothing comes back to be filled in once more.
        read = filling.presentRun(at, end);
        present.read(at, into.limit(into.position() + (int) read));
        into.limit(limit);
      }
      at += read;
    }
  }

  /**
   * What is at {@code offset}, and how far what follows is like it. May stop short of where it
   * changes; a change made meanwhile may be seen or not.
   */
  public Run run(long offset) throws IOException {
    // As a reader: what a resize cuts off of the image is there until this is done.
    long stamp = present.begin();
    try {
      check(offset, SECTOR_BYTES);
      long end = sizeBytes;
      Backfill filling = backfill;
      if (filling != null) {
        long pending = filling.pendingRun(offset, end);
        if (pending > 0) {
          return new Run(pending, true);
        }
        end = offset + filling.presentRun(offset, end);
      }
      return present.run(offset, end);
    } finally {
      present.end(stamp);
    }
  }

  /** Stages a write; {@code data} must not change before {@link #settle} has returned. */
  public void write(long offset, ByteBuffer data) throws IOException {
    check(offset, data.remaining());
    long stamp = changes.readLock();
    try {
      Unlogged alone = unlogged;
      Backfill filling = backfill;
      if (alone != null) {
        alone.write(offset, data);
      } else if (filling == null) {
        journal.write(disk, offset, data);
      } else {
        filling.change(
            new long[] {offset},
            new long[] {data.remaining()},
            () -> journal.write(disk, offset, data));
      }
    } finally {
      changes.unlockRead(stamp);
    }
  }

  /**
   * Stages that some extents read as zeros, as one change.
   *
   * @param deallocate whether it is recorded as an unmap
   */
  public void zero(long[] offsets, long[] lengths, boolean deallocate) throws IOException {
    for (int i = 0; i < offsets.length; i++) {
      check(offsets[i], lengths[i]);
    }
    EntryKind kind = deallocate ? EntryKind.UNMAP : EntryKind.ZERO;
    changing(
        offsets,
        lengths,
        alone -> alone.zero(offsets, lengths),
        () -> journal.zero(disk, kind, offsets, lengths));
  }

  /** A change that is not recorded. */
  private interface Unrecorded {
    void carryOut(Unlogged alone) throws IOException;
  }

  private void changing(
      long[] offsets, long[] lengths, Unrecorded unrecorded, Backfill.Staging staging)
      throws IOException {
    long stamp = changes.readLock();
    try {
      Unlogged alone = unlogged;
      Backfill filling = backfill;
      if (alone != null) {
        unrecorded.carryOut(alone);
      } else if (filling == null) {
        staging.stage();
      } else {
        filling.change(offsets, lengths, staging);
      }
    } finally {
      changes.unlockRead(stamp);
    }
  }

  /**
   * Gives the disk another size; durable when it returns. What it loses is gone from here on, also
   * if it grows again; the past keeps it. Changes staged meanwhile fit the size before or after.
   *
   * @param bytes a multiple of 512, at least that
   * @return the entry after which it has that size
   */
  public long resize(long bytes) throws IOException {
    if (bytes <= 0 || (bytes & (SECTOR_BYTES - 1)) != 0) {
      throw new IllegalArgumentException(name + " cannot have " + bytes + " bytes");
    }
    long[] sequence = new long[1];
    long before = sizeBytes;
    changing(
        new long[] {Math.min(before, bytes)},
        new long[] {Math.abs(before - bytes)},
        _ -> {
          throw new IOException(
              name + " cannot get another size while changes are not recorded: " + WHY_NOT);
        },
        () -> sequence[0] = journal.resize(disk, bytes));
    return sequence[0];
  }

  /** Rewinds the disk, while nobody changes it. */
  public interface Rewind {
    /**
     * Puts it on the timeline.
     *
     * @param before what is still to be filled in because of an earlier one; null when nothing is
     * @return what is to be filled in from now on; null when nothing is
     */
    @Nullable Backfill carryOut(@Nullable Parts before) throws IOException;
  }

  /**
   * Lets the disk be as it was. Everything staged before is with the operating system then, and
   * nothing is staged meanwhile.
   *
   * @throws IOException when it cannot be; then it is as it was before
   */
  public void rewind(Rewind rewind) throws IOException {
    long stamp = changes.writeLock();
    try {
      if (unlogged != null) {
        throw new IOException(
            name + " cannot be rewound while changes are not recorded: " + WHY_NOT);
      }
      journal.settle();
      Backfill filling = backfill;
      backfill = rewind.carryOut(filling == null ? null : filling.pending());
      loans.awaitEnds(); // before somebody fills in
    } finally {
      changes.unlockWrite(stamp);
    }
  }

  /** What is still to be filled in after a rewind; null when nothing is. */
  public @Nullable Backfill backfill() {
    return backfill;
  }

  /**
   * Fills in some of what is left after a rewind.
   *
   * @param from where to begin, in bytes
   * @return where to go on; the greatest number when there is nothing behind that
   */
  public long fillSome(long from) throws IOException {
    long stamp = changes.readLock();
    try {
      Backfill filling = backfill;
      return filling == null ? Long.MAX_VALUE : filling.fillSome(from);
    } finally {
      changes.unlockRead(stamp);
    }
  }

  /** Writes to the image, without an entry, what is still to be filled in. */
  public final class Filling {
    private final Image.Writes writes;

    private Filling(Image.Writes writes) {
      this.writes = writes;
    }

    /**
     * Writes what of a range is still to be filled in. Only for what is in the baseline, or will be
     * before the image is relied on.
     */
    public void write(long offset, ByteBuffer content) throws IOException {
      long stamp = changes.readLock();
      try {
        Backfill filling = backfill;
        if (filling != null) {
          filling.eachPending(
              offset,
              content.remaining(),
              (at, length) -> image.write(at, content.slice((int) (at - offset), length)));
        }
      } finally {
        changes.unlockRead(stamp);
      }
    }

    /** Makes durable what was written. */
    public void sync() throws IOException {
      writes.sync();
    }
  }

  /** Begins to fill the image; what is filled in from here on has to be durable as a whole. */
  public Filling fillImage() {
    return new Filling(image.begin());
  }

  /** Says, durably, that the image holds everything. */
  public interface Ending {
    void carryOut() throws IOException;
  }

  /**
   * Ends filling in because all that was left is in the image.
   *
   * @throws IOException when it cannot be said; then it is as it was before
   */
  public void endFilling(Ending ending) throws IOException {
    long stamp = changes.writeLock();
    try {
      // What was changed meanwhile was not filled in: it must not be lost from here on.
      journal.sync();
      ending.carryOut();
      Backfill filling = backfill;
      if (filling != null) {
        // Somebody may have it who is about to read.
        filling.nothingPending();
        backfill = null;
      }
    } finally {
      changes.unlockWrite(stamp);
    }
  }

  /** Returns when everything staged is with the operating system. */
  public void settle() throws IOException {
    journal.settle();
  }

  /** Settles, and makes everything durable. */
  public void sync() throws IOException {
    journal.sync();
    syncUnlogged();
  }

  private void syncUnlogged() throws IOException {
    Unlogged alone = unlogged;
    if (alone != null) {
      alone.sync();
    }
  }

  /**
   * Settles, makes everything durable, and puts the flush on the timeline if the disk changed since
   * the last one.
   */
  public void flush() throws IOException {
    long stamp = changes.readLock();
    try {
      Unlogged alone = unlogged;
      if (alone != null) {
        alone.sync();
      } else {
        journal.flush(disk);
      }
    } finally {
      changes.unlockRead(stamp);
    }
  }

  /**
   * Makes durable what was settled, because a {@link #flush} is likely to follow: that then only
   * has to be put on the timeline.
   */
  public void expectFlush() throws IOException {
    long stamp = changes.readLock();
    try {
      if (unlogged == null) {
        journal.expectFlush();
      }
    } finally {
      changes.unlockRead(stamp);
    }
  }

  /** Names this instant for all disks of the group; durable when it returns. */
  public long mark(String name) throws IOException {
    long stamp = changes.readLock();
    try {
      if (unlogged != null) {
        throw new JournalFullException(
            "no instant can be named while changes are not recorded: " + WHY_NOT, null);
      }
      return journal.mark(name);
    } finally {
      changes.unlockRead(stamp);
    }
  }

  /** Keeps changes from being staged until it is closed; by the thread that has begun it. */
  public interface Hold extends Closeable {
    @Override
    void close();
  }

  /** Begins that. */
  public Hold hold() {
    long stamp = changes.writeLock();
    return () -> changes.unlockWrite(stamp);
  }

  /**
   * Lets changes go into the image alone from now on; while they are {@linkplain #hold held}, and
   * everything staged before is in the image.
   */
  public void stopRecording() {
    Parts changed = new Parts(sizeBytes);
    Backfill filling = backfill;
    if (filling != null) {
      changed.add(filling.pending());
    }
    backfill = null;
    unlogged = new Unlogged(image, changed);
    loans.awaitEnds();
  }

  /** The same, at the beginning, where nobody knows which of the image's content is recorded. */
  public void stopRecordingAnything() {
    unlogged = new Unlogged(image, Parts.all(sizeBytes));
    loans.awaitEnds();
  }

  /**
   * Records changes again from now on; while they are held. What went into the image alone is
   * durable then, and is recorded by and by.
   *
   * @param recorded what is recorded of it; null when what is not is known
   */
  public void recordAgain(Backfill.@Nullable Past recorded) throws IOException {
    Unlogged alone = unlogged;
    if (alone != null) {
      alone.sync();
      backfill = new Backfill(journal, disk, present::read, alone.changed(), recorded);
      unlogged = null;
    }
  }

  /** All that was not recorded is by now; while changes are held. */
  public void recordedAll() {
    backfill = null;
  }

  /** Whether changes go into the image alone. */
  public boolean isUnrecorded() {
    return unlogged != null;
  }

  private void check(long offset, long length) {
    if (offset < 0
        || length < 0
        || offset > sizeBytes - length
        || ((offset | length) & (SECTOR_BYTES - 1)) != 0) {
      throw new IllegalArgumentException(
          "%d bytes from %d do not lie on %s, which has %d"
              .formatted(length, offset, name, sizeBytes));
    }
  }

  void noteChanged(
      EntryKind kind,
      boolean encoded,
      long offset,
      long length,
      long sequence,
      Segment segment,
      long place) {
    if (length > 0) {
      // Before the size: a reader that may read there finds the zeros, not the end of the image.
      map.put(offset, offset + length, sequence, segment, place, offset, kind.zeroes(), encoded);
    }
    if (kind == EntryKind.RESIZE) {
      noteResized(offset, offset + length, sequence);
    }
  }

  private void noteResized(long smaller, long larger, long sequence) {
    if (sizeBytes != smaller && sizeBytes != larger) {
      throw new IllegalStateException(
          "entry %d resizes %s between %d and %d bytes, but it has %d"
              .formatted(sequence, name, smaller, larger, sizeBytes));
    }
    long next = sizeBytes == smaller ? larger : smaller;
    sizesToCome.add(sequence, next);
    sizeBytes = next;
  }

  /** How large the disk is after an entry that is not before the image's checkpoint. */
  long sizeBytesAt(long sequence) {
    return sizesToCome.at(sequence, image.checkpointSizeBytes());
  }

  long leastBytesSinceCheckpoint() {
    return sizesToCome.least(image.checkpointSizeBytes());
  }

  /** Puts into the checkpoint that the image holds everything up to an entry, its size as well. */
  void checkpoint(Image.Writes applied, long sequence) throws IOException {
    image.checkpoint(applied, sequence, sizeBytesAt(sequence));
    sizesToCome.forgetUpTo(sequence);
  }

  Image image() {
    return image;
  }

  BlockMap map() {
    return map;
  }

  /**
   * Returns when nobody reads the image where it lies who does not know of the changes that are in
   * the map now; or nearly nobody, see {@link Loan}.
   */
  void awaitLoans() {
    loans.awaitEnds();
  }

  /** Announces that pieces taken from the map before are going to be written to the image. */
  void beginApplication() {
    present.beginApplication();
  }

  /** Returns when every read that might still be using what the map no longer names has ended. */
  void quiesce() {
    present.quiesce();
  }
}
