package io.everwhen.journal.log;

import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.io.Zeros;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Makes segment files before they are needed: allocated, overwritten once, with a durable header,
 * so that syncing entries into them writes no metadata.
 *
 * <p>A spare file has the number, and the header, that it is going to have, but no segment's name
 * yet; what nobody appends to, recovery and readers need not look through. The next one has its
 * name already, and others get theirs without a sync when the appender comes first: whoever makes
 * entries durable makes {@link Segment#nameIsDurable} true before. So the appender waits for no
 * sync, unless there is no file at all.
 *
 * <p>Files whose segment was folded are used again under a new name and salt. {@link #prepare} and
 * {@link #recycle} may be called by any one thread beside {@link #next}, which the appender calls.
 */
final class SegmentSupply {

  /** A file on its way to become a segment. */
  private static final String SPARE = "spare";

  /** Files beside the next segment take at most this part of the room that there is. */
  private static final int SPARE_ROOM = 8;

  /**
   * A file that needs but its name.
   *
   * @param header that it has, durably
   * @param overwritten whether all of it was written before
   */
  private record Spare(String name, SegmentHeader header, boolean overwritten) {}

  private final Storage storage;
  private final Manifest manifest;
  private final JournalOptions options;
  private final Clock clock;
  private final RandomGenerator random;

  // Guarded by this.
  private long lastNumber; // of those that have their names
  private @Nullable Segment prepared;
  private final ArrayDeque<Spare> spares = new ArrayDeque<>(); // numbered from lastNumber + 1 on
  private boolean recycled; // whether SPARE is a folded segment, and not among them yet
  private long notOverwritten;

  SegmentSupply(
      Storage storage,
      Manifest manifest,
      JournalOptions options,
      Clock clock,
      RandomGenerator random,
      long lastNumber) {
    this.storage = storage;
    this.manifest = manifest;
    this.options = options;
    this.clock = clock;
    this.random = random;
    this.lastNumber = lastNumber;
  }

  /**
   * The next segment, prepared or made now. {@link JournalFullException} when there is no room for
   * one.
   */
  synchronized Segment next() throws IOException {
    Segment next = prepared;
    if (next == null) {
      next = spares.isEmpty() ? make() : nameSpare();
    }
    prepared = null;
    return next;
  }

  /** How many segments were put in use that had not been overwritten before. */
  synchronized long notOverwritten() {
    return notOverwritten;
  }

  /**
   * Makes the next segment if there is none, or one more file for those behind it, if there is
   * room.
   *
   * @param giveUp whether it is not needed any more
   * @param overwrite whether a new file is overwritten, or only allocated
   * @param wanted how many files there should be beside the next segment; they are made only where
   *     they take a small part of the room
   * @return whether it did
   */
  boolean prepare(BooleanSupplier giveUp, boolean overwrite, int wanted) throws IOException {
    if (nameNext()) {
      return true;
    }
    String name;
    boolean again;
    int room;
    synchronized (this) {
      if (prepared != null && spares.size() >= wanted) {
        return false;
      }
      again = recycled;
      recycled = false;
      name = again ? SPARE : unusedName();
      room = prepared == null ? 1 : SPARE_ROOM * (spares.size() + 2);
    }
    // Not under the monitor: what follows takes long, and the appender must not wait for it.
    if (!again && !create(name, giveUp, overwrite, room)) {
      return false;
    }
    addSpare(name, again || overwrite);
    nameNext();
    return true;
  }

  /** Makes a file and fills it; false when that was given up, or there is no room. */
  private boolean create(String name, BooleanSupplier giveUp, boolean overwrite, int room)
      throws IOException {
    if (giveUp.getAsBoolean() || !hasRoomFor(room)) {
      return false;
    }
    storage.delete(name);
    boolean filled;
    try (StorageFile file = storage.create(name)) {
      filled = fill(file, giveUp, overwrite);
    } catch (NoSpaceException e) {
      filled = false;
    }
    if (!filled) {
      storage.delete(name);
    }
    return filled;
  }

  /** Gives a filled file the header of the segment that it will be. */
  private void addSpare(String name, boolean overwritten) throws IOException {
    SegmentHeader header = newHeader();
    while (true) {
      writeHeader(name, header);
      synchronized (this) {
        if (header.number() == lastNumber + spares.size() + 1) {
          spares.add(new Spare(name, header, overwritten));
          return;
        }
      }
      header = newHeader(); // the appender could not wait, and has made a segment itself
    }
  }

  private synchronized SegmentHeader newHeader() {
    long number = lastNumber + spares.size() + 1;
    return new SegmentHeader(manifest.id(), number, random.nextLong(), clock.wallNanos());
  }

  /** With it, everything else that was written to the file becomes durable. */
  private void writeHeader(String name, SegmentHeader header) throws IOException {
    try (StorageFile file = storage.open(name)) {
      file.write(0, header.encode());
      file.sync();
    }
  }

  /**
   * Gives the first spare file its name, if the next segment is not there.
   *
   * @return whether it did
   */
  private boolean nameNext() throws IOException {
    Segment named;
    synchronized (this) {
      if (prepared != null || spares.isEmpty()) {
        return false;
      }
      named = nameSpare();
      prepared = named;
    }
    // The appender need not wait for this: should it take the segment now, the first sync of its
    // entries does the same.
    storage.syncDirectory();
    named.setNameDurable();
    return true;
  }

  private Segment nameSpare() throws IOException {
    Spare spare = spares.removeFirst();
    boolean done = false;
    try {
      Segment segment = name(spare.name, spare.header, spare.overwritten);
      notOverwritten += spare.overwritten ? 0 : 1;
      done = true;
      return segment;
    } finally {
      if (!done) {
        forgetSpares(); // the number is going to be another file's, so theirs are wrong
      }
    }
  }

  /** Their files are overwritten when new ones are made, or deleted by the next opening. */
  private void forgetSpares() throws IOException {
    while (!spares.isEmpty()) {
      storage.delete(spares.removeFirst().name);
    }
  }

  /** Gives a file that has its header its name, which is not durable yet. */
  private Segment name(String name, SegmentHeader header, boolean overwritten) throws IOException {
    storage.rename(name, FileNames.segment(header.number()));
    StorageFile file = storage.open(FileNames.segment(header.number()));
    // Only now: numbers have no gaps, so one whose file could not be opened is used again.
    lastNumber = header.number();
    return new Segment(header, file, options.segmentBytes(), false, overwritten);
  }

  private String unusedName() {
    int number = 1;
    while (isUsed(spareName(number))) {
      number++;
    }
    return spareName(number);
  }

  private boolean isUsed(String name) {
    return spares.stream().anyMatch(spare -> spare.name.equals(name));
  }

  private static String spareName(int number) {
    return number == 1 ? SPARE : SPARE + "-" + number;
  }

  /** Whether a file is on its way to become a segment. */
  static boolean isSpare(String name) {
    return name.equals(SPARE) || name.startsWith(SPARE + "-");
  }

  /**
   * Takes over the file of a segment that is not needed any more, and that nobody reads; durable
   * when it returns.
   *
   * @return false when there is a spare file already
   */
  boolean recycle(long number) throws IOException {
    synchronized (this) {
      if (recycled || !spares.isEmpty()) {
        return false;
      }
    }
    if (storage.exists(SPARE) || storage.size(FileNames.segment(number)) > options.segmentBytes()) {
      return false;
    }
    storage.rename(FileNames.segment(number), SPARE);
    boolean allocated = true;
    try (StorageFile file = storage.open(SPARE)) {
      file.allocate(options.segmentBytes());
    } catch (NoSpaceException e) {
      allocated = false;
      storage.delete(SPARE);
    }
    storage.syncDirectory();
    // Not before: nobody may write another header to it while it may get its old name back.
    synchronized (this) {
      recycled = allocated;
    }
    return true;
  }

  /** Deletes spare files that were only allocated, so that others are made when there is time. */
  void discardAllocated() throws IOException {
    while (true) {
      Spare last;
      synchronized (this) {
        last = spares.peekLast();
        if (last == null || last.overwritten) {
          return;
        }
        spares.removeLast();
      }
      storage.delete(last.name);
    }
  }

  /**
   * Overwrites some of the next segment, if it was only allocated. It is not to be synced by
   * anybody else once it has entries, so this does it before the appender can take it.
   *
   * @return whether there may be more
   */
  synchronized boolean overwriteSome() throws IOException {
    Segment next = prepared;
    if (next == null || next.isOverwritten(SegmentHeader.BYTES)) {
      return false;
    }
    next.overwriteSome(SegmentHeader.BYTES);
    next.file().sync();
    return true;
  }

  /** Deletes the prepared segment: the next opening would have to look through it for entries. */
  synchronized void discardPrepared() throws IOException {
    Segment unused = prepared;
    if (unused != null) {
      prepared = null;
      unused.file().close();
      storage.delete(FileNames.segment(unused.number()));
    }
  }

  /** A segment of which nothing is there yet; the appender has to wait for its header. */
  private Segment make() throws IOException {
    String name = SPARE;
    boolean overwritten = recycled;
    if (!overwritten) {
      name = FileNames.temporary(FileNames.segment(lastNumber + 1));
      allocate(name);
      notOverwritten++;
    }
    recycled = false;
    SegmentHeader header = newHeader();
    writeHeader(name, header);
    return name(name, header, overwritten);
  }

  private void allocate(String name) throws IOException {
    if (!hasRoomFor(1)) {
      throw full(null);
    }
    storage.delete(name);
    try (StorageFile file = storage.create(name)) {
      file.allocate(options.segmentBytes());
    } catch (NoSpaceException e) {
      storage.delete(name);
      throw full(e);
    }
  }

  /** Whether so many can be made. */
  boolean hasRoomFor(int segments) throws IOException {
    return storage.usableBytes() >= segments * options.segmentBytes() + options.reserveBytes();
  }

  private JournalFullException full(@Nullable Throwable cause) throws IOException {
    return new JournalFullException(
        ("the journal in %s is full: %d MiB are free on its volume, and a segment of %d MiB needs as many and %d MiB"
                + " in reserve. Enlarge the volume or free space on it; writes go on by themselves then")
            .formatted(
                storage.describe(),
                storage.usableBytes() >> 20,
                options.segmentBytes() >> 20,
                options.reserveBytes() >> 20),
        cause);
  }

  /** Allocates a file and overwrites it; false when it was given up. */
  private boolean fill(StorageFile file, BooleanSupplier giveUp, boolean overwrite)
      throws IOException {
    file.allocate(options.segmentBytes());
    if (!overwrite) {
      return true;
    }
    long end = options.segmentBytes();
    for (long at = 0; at < end; ) {
      if (giveUp.getAsBoolean()) {
        return false;
      }
      ByteBuffer zeros = Zeros.some(end - at);
      file.write(at, zeros);
      at += zeros.limit();
    }
    return true;
  }
}
