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
 * Makes segment files before they are needed: allocated, overwritten once, with a durable header
 * and name, so that syncing entries into them writes no metadata.
 *
 * <p>Files whose segment was folded are used again under a new name and salt. {@link #prepare} may
 * be called by any one thread beside {@link #next}, which the appender calls.
 */
final class SegmentSupply {

  /** A file on its way to become a segment. */
  private static final String SPARE = "spare";

  /** Files beside the next segment take at most this part of the room that there is. */
  private static final int SPARE_ROOM = 8;

  private final Storage storage;
  private final Manifest manifest;
  private final JournalOptions options;
  private final Clock clock;
  private final RandomGenerator random;

  // Guarded by this.
  private long lastNumber;
  private @Nullable Segment prepared;
  private final ArrayDeque<String> spares = new ArrayDeque<>();
  private long unprepared;

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
      if (spares.isEmpty()) {
        unprepared++;
        next = make(FileNames.temporary(FileNames.segment(lastNumber + 1)));
      } else {
        next = useSpare();
      }
    }
    prepared = null;
    return next;
  }

  /** How often a segment was needed and none was there. */
  synchronized long unprepared() {
    return unprepared;
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
    String name;
    boolean first;
    synchronized (this) {
      first = prepared == null;
      if (first && !spares.isEmpty()) {
        prepared = useSpare();
        return true;
      }
      if (!first && spares.size() >= wanted) {
        return false;
      }
      name = unusedName();
    }
    // Not under the monitor: overwriting takes long, and the appender must not wait for it.
    if (giveUp.getAsBoolean() || !hasRoomFor(first ? 1 : SPARE_ROOM * (wanted + 1))) {
      return false;
    }
    storage.delete(name);
    boolean filled;
    try (StorageFile file = storage.create(name)) {
      filled = fill(file, giveUp, overwrite);
      if (filled && overwrite) {
        file.sync(); // so that nobody waits for it who needs the segment
      }
    } catch (NoSpaceException e) {
      filled = false;
    }
    if (!filled) {
      storage.delete(name);
      return false;
    }
    synchronized (this) {
      spares.add(name);
      if (prepared == null) {
        prepared = useSpare();
      }
    }
    return true;
  }

  private Segment useSpare() throws IOException {
    String name = spares.getFirst();
    try {
      return putInUse(name);
    } finally {
      // Should it have failed half-way, the name may be a segment's by now, or the content be gone.
      spares.removeFirst();
    }
  }

  private String unusedName() {
    int number = 1;
    while (spares.contains(spareName(number))) {
      number++;
    }
    return spareName(number);
  }

  private static String spareName(int number) {
    return number == 1 ? SPARE : SPARE + "-" + number;
  }

  /** Whether a file is on its way to become a segment. */
  static boolean isSpare(String name) {
    return name.equals(SPARE) || name.startsWith(SPARE + "-");
  }

  /**
   * Takes over the file of a segment that is not needed any more, and that nobody reads.
   *
   * @return false when there is a spare file already
   */
  synchronized boolean recycle(long number) throws IOException {
    if (!spares.isEmpty()
        || storage.exists(SPARE)
        || storage.size(FileNames.segment(number)) > options.segmentBytes()) {
      return false;
    }
    storage.rename(FileNames.segment(number), SPARE);
    try (StorageFile file = storage.open(SPARE)) {
      file.allocate(options.segmentBytes());
    } catch (NoSpaceException e) {
      storage.delete(SPARE);
      return true;
    }
    spares.add(SPARE);
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

  private Segment make(String name) throws IOException {
    if (!hasRoom()) {
      throw full(null);
    }
    storage.delete(name);
    try (StorageFile file = storage.create(name)) {
      file.allocate(options.segmentBytes());
    } catch (NoSpaceException e) {
      storage.delete(name);
      throw full(e);
    }
    return putInUse(name);
  }

  private boolean hasRoom() throws IOException {
    return hasRoomFor(1);
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

  /** Gives a filled file its header and its name. */
  private Segment putInUse(String name) throws IOException {
    long number = lastNumber + 1;
    SegmentHeader header =
        new SegmentHeader(manifest.id(), number, random.nextLong(), clock.wallNanos());
    try (StorageFile file = storage.open(name)) {
      file.write(0, header.encode());
      file.sync();
    }
    storage.rename(name, FileNames.segment(number));
    storage.syncDirectory();
    StorageFile file = storage.open(FileNames.segment(number));
    // Only now: numbers have no gaps, so one whose file could not be opened is used again.
    lastNumber = number;
    return new Segment(header, file, options.segmentBytes());
  }
}
