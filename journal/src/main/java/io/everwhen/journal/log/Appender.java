package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.payload.PayloadEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The single writer of a group's segments.
 *
 * <p>There is no writer thread. Threads <em>stage</em> entries under a short lock, which gives each
 * its sequence, stamp and place; then whoever needs his entry written first becomes the leader and
 * writes everything that is staged with one gathered write, outside the lock, while the others go
 * on staging into the other {@link Batch}. Syncs are shared in the same way. So a lone writer pays
 * no hand-off, and many share system calls.
 *
 * <p>After a failed write or sync nothing is known about the bytes concerned: the appender stops
 * for good, and says so to everybody.
 */
final class Appender {

  /** Where the next segment comes from. */
  interface SegmentSource {

    /** Called under the appender's lock. Its name need not be durable yet. */
    Segment next() throws IOException;

    /** Makes the names of all segments durable that were taken so far. */
    void syncNames() throws IOException;
  }

  /** Of each thread, as payloads are checksummed outside the lock. */
  private static final ThreadLocal<CRC32C> PAYLOAD_CRC = ThreadLocal.withInitial(CRC32C::new);

  private final EntryListener listener;
  private final @Nullable PayloadEncoder encoder;
  private final SegmentSource source;
  private final Timeline timeline;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();
  private final CRC32C headerCrc = new CRC32C();
  private final ByteBuffer empty = ByteBuffer.allocateDirect(0);

  // All below is guarded by the lock; the volatile ones may be read without it.
  private Batch staging = new Batch();
  private Batch idle = new Batch();
  private boolean writing;
  private boolean syncing;
  // None before the first entry: a full volume does not keep a group from opening.
  private @Nullable Segment active;
  private long place;
  private int chain;
  private final ArrayDeque<Segment> leftUnsynced = new ArrayDeque<>();
  // Of the disks, in bytes, after everything staged.
  private long[] sizes = {};
  // Of which disks a flush is to be noted: those changed since the last one, and all at the
  // beginning, when nobody knows.
  private final BitSet unflushed = new BitSet();
  private volatile long stagedSequence;
  private volatile long writtenSequence;
  private volatile long durableSequence;
  private volatile @Nullable IOException failure;
  private boolean ended;
  // What was made durable before anybody asked.
  private long durableAhead = -1;

  Appender(
      long lastSequence,
      int chain,
      Timeline timeline,
      SegmentSource source,
      EntryListener listener,
      @Nullable PayloadEncoder encoder) {
    this.chain = chain;
    this.encoder = encoder;
    this.timeline = timeline;
    this.source = source;
    this.listener = listener;
    this.stagedSequence = lastSequence;
    this.writtenSequence = lastSequence;
    this.durableSequence = lastSequence;
  }

  long writtenSequence() {
    return writtenSequence;
  }

  long durableSequence() {
    return durableSequence;
  }

  @Nullable IOException failure() {
    return failure;
  }

  /** {@link Timeline#behindNanos}. */
  long clockBehindNanos() {
    lock.lock();
    try {
      return timeline.behindNanos();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Stages one entry.
   *
   * @param encoding how the payload is stored; an encoded one is the encoder's, and is released to
   *     it when it is written, but not when this fails
   * @param payload whose bytes must not change before a {@link #settle} that covers the entry has
   *     returned
   * @return its sequence
   */
  long stage(
      EntryKind kind,
      int encoding,
      int disk,
      long offset,
      long length,
      ByteBuffer payload,
      int payloadChecksum)
      throws IOException {
    lock.lock();
    try {
      makeRoom(1, EntryHeader.storedBytes(payload.remaining()));
      checkWithin(disk, offset, length);
      add(kind, false, encoding, disk, offset, length, payload, payloadChecksum);
      return stagedSequence;
    } finally {
      lock.unlock();
    }
  }

  /** Stages an entry for each of several extents, without payload, as one atomic change. */
  long stageRun(EntryKind kind, int disk, long[] offsets, long[] lengths) throws IOException {
    lock.lock();
    try {
      makeRoom(offsets.length, offsets.length * EntryHeader.storedBytes(0));
      for (int i = 0; i < offsets.length; i++) {
        checkWithin(disk, offsets[i], lengths[i]);
      }
      for (int i = 0; i < offsets.length; i++) {
        add(kind, i < offsets.length - 1, 0, disk, offsets[i], lengths[i], empty, 0);
      }
      return stagedSequence;
    } finally {
      lock.unlock();
    }
  }

  /** Stages that a disk gets another size, unless it has it. */
  long stageResize(int disk, long sizeBytes, ByteBuffer payload, int payloadChecksum)
      throws IOException {
    lock.lock();
    try {
      makeRoom(1, EntryHeader.storedBytes(payload.remaining()));
      long before = sizes[disk];
      if (sizeBytes != before) {
        long offset = Math.min(before, sizeBytes);
        long length = Math.abs(sizeBytes - before);
        add(EntryKind.RESIZE, false, 0, disk, offset, length, payload, payloadChecksum);
        sizes[disk] = sizeBytes;
      }
      return stagedSequence;
    } finally {
      lock.unlock();
    }
  }

  void startWith(long[] bytes) {
    lock.lock();
    try {
      sizes = bytes.clone();
      unflushed.set(0, sizes.length);
    } finally {
      lock.unlock();
    }
  }

  /** Begins to take changes of one more disk. */
  void addDisk(long bytes) {
    lock.lock();
    try {
      sizes = Arrays.copyOf(sizes, sizes.length + 1);
      sizes[sizes.length - 1] = bytes;
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock, so that no resize comes between this and the entry that it is for. */
  private void checkWithin(int disk, long offset, long length) {
    if (offset < 0 || length < 0 || offset > sizes[disk] - length) {
      throw new IllegalArgumentException(
          "%d bytes from %d do not lie on the disk, which has %d"
              .formatted(length, offset, sizes[disk]));
    }
  }

  /**
   * Stages a flush, unless the disk has not changed since the last one.
   *
   * @return whether {@link #syncAhead} has made durable everything before it
   */
  boolean stageFlush(int disk) throws IOException {
    lock.lock();
    try {
      boolean notes = unflushed.get(disk);
      if (notes) {
        makeRoom(1, EntryHeader.storedBytes(0));
      }
      boolean ahead = stagedSequence == durableAhead;
      if (notes) {
        add(EntryKind.FLUSH, false, 0, disk, 0, 0, empty, 0);
      }
      return ahead;
    } finally {
      lock.unlock();
    }
  }

  /** The most extents that one {@link #stageRun} takes. */
  static int maxRun() {
    return Batch.MAX_ENTRIES - 1;
  }

  private void add(
      EntryKind kind,
      boolean continues,
      int encoding,
      int disk,
      long offset,
      long length,
      ByteBuffer payload,
      int checksum) {
    Segment segment = active();
    long sequence = stagedSequence + 1;
    int payloadLength = payload.remaining();
    chain =
        EntryHeader.encode(
            staging.headers(),
            staging.nextHeaderAt(),
            headerCrc,
            segment.header().salt(),
            sequence,
            timeline.next(),
            kind,
            continues,
            encoding,
            disk,
            offset,
            length,
            payloadLength,
            checksum,
            chain,
            durableSequence);
    staging.add(kind, encoding, disk, offset, length, payload, sequence, place);
    place += EntryHeader.storedBytes(payloadLength);
    segment.lastSequence(sequence);
    stagedSequence = sequence;
    if (kind == EntryKind.FLUSH) {
      unflushed.clear(disk);
    } else if (kind.changesContent()) {
      unflushed.set(disk);
    }
  }

  /**
   * Makes sure that the batch and the segment have room for some entries, and one more for a step
   * of the clock.
   */
  private void makeRoom(int entries, long bytes) throws IOException {
    checkAlive();
    if (ended) {
      throw new StoppedException(new IOException("the journal is being closed"));
    }
    long clockBytes = EntryHeader.storedBytes(Long.BYTES);
    while (true) {
      if (!staging.hasRoomFor(entries + 1, bytes + clockBytes)) {
        writeOut(stagedSequence);
      } else if (!fitsActive(bytes + clockBytes)) {
        // The other batch may still be on its way into this segment; a batch belongs to one
        // segment.
        writeOut(stagedSequence);
        if (staging.isEmpty() && !writing && !fitsActive(bytes + clockBytes)) {
          roll();
        }
      } else {
        break;
      }
    }
    if (timeline.tick()) {
      ByteBuffer wall = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      wall.putLong(0, timeline.wallNanos());
      add(EntryKind.CLOCK, false, 0, 0, 0, 0, wall, crc(wall));
    }
  }

  private boolean fitsActive(long bytes) {
    Segment segment = active;
    return segment != null && place + bytes <= segment.capacityBytes();
  }

  private Segment active() {
    Segment segment = active;
    if (segment == null) {
      throw new IllegalStateException("nothing was staged yet");
    }
    return segment;
  }

  private void roll() throws IOException {
    Segment next = source.next();
    if (active != null) {
      leftUnsynced.add(active);
    }
    active = next;
    place = SegmentHeader.BYTES;
  }

  /**
   * Whether a staged change that is going to be written touches the range; none is after a failure.
   */
  boolean hasStagedChange(int disk, long offset, long length) {
    if (writtenSequence == stagedSequence || failure != null) {
      return false;
    }
    lock.lock();
    try {
      // While a batch is written, `idle` is that batch; it changes only under the lock.
      return staging.changes(disk, offset, length)
          || (writing && idle.changes(disk, offset, length));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns when every entry staged so far is with the operating system, and the listener knows of
   * it.
   */
  void settle() throws IOException {
    long target = stagedSequence;
    if (writtenSequence >= target) {
      checkAlive();
      return;
    }
    lock.lock();
    try {
      writeOut(target);
    } finally {
      lock.unlock();
    }
  }

  private void writeOut(long target) throws IOException {
    while (writtenSequence < target) {
      checkAlive();
      if (writing) {
        progress.awaitUninterruptibly();
      } else {
        lead();
      }
    }
    checkAlive();
  }

  /** Writes the staged batch; the lock is given up meanwhile. */
  private void lead() {
    Batch batch = staging;
    Segment segment = active();
    staging = idle;
    idle = batch;
    writing = true;
    lock.unlock();
    Throwable thrown = null;
    try {
      batch.writeTo(segment);
      batch.tell(listener, segment);
    } catch (IOException | RuntimeException | Error e) {
      thrown = e;
    }
    lock.lock();
    writing = false;
    if (thrown == null) {
      writtenSequence = batch.lastSequence();
    } else {
      fail("writing to " + segment.file().describe(), thrown);
    }
    batch.clear(encoder);
    progress.signalAll();
  }

  /**
   * Settles, and returns when every entry that was settled before the call is on stable storage.
   */
  void sync() throws IOException {
    settle();
    long target = writtenSequence;
    lock.lock();
    try {
      while (durableSequence < target) {
        checkAlive();
        if (syncing) {
          progress.awaitUninterruptibly();
        } else {
          leadSync();
        }
      }
      checkAlive();
    } finally {
      lock.unlock();
    }
  }

  /** {@link #sync} because a flush is expected. */
  void syncAhead() throws IOException {
    long staged = stagedSequence;
    sync();
    lock.lock();
    try {
      durableAhead = Math.max(durableAhead, staged);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Overwrites some of what is left of the active segment, if it was only allocated, and syncs
   * that, when nobody else writes or syncs.
   *
   * @return whether there may be more
   */
  boolean overwriteSome() throws IOException {
    lock.lock();
    try {
      while (writing || syncing) {
        progress.awaitUninterruptibly();
      }
      Segment segment = active;
      if (segment == null || ended || failure != null || segment.isOverwritten(place)) {
        return false;
      }
      // What is staged meanwhile lies behind this place, and waits.
      long end = place;
      writing = true;
      whileUnlocked(segment, () -> segment.overwriteSome(end));
      writing = false;
      progress.signalAll();
      if (!syncing && failure == null) {
        syncing = true;
        whileUnlocked(segment, segment.file()::sync);
        syncing = false;
        progress.signalAll();
      }
      checkAlive();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** What may fail as any write or sync. */
  @FunctionalInterface
  private interface Io {
    void run() throws IOException;
  }

  private void whileUnlocked(Segment segment, Io io) {
    lock.unlock();
    Throwable thrown = null;
    try {
      io.run();
    } catch (IOException | RuntimeException | Error e) {
      thrown = e;
    }
    lock.lock();
    if (thrown != null) {
      fail("overwriting the rest of " + segment.file().describe(), thrown);
    }
  }

  /** Takes no more entries, and makes durable those that it has taken. */
  void end() throws IOException {
    lock.lock();
    try {
      ended = true;
    } finally {
      lock.unlock();
    }
    sync();
  }

  private void leadSync() {
    List<Segment> dirty = new ArrayList<>(leftUnsynced);
    dirty.add(active());
    long covered = writtenSequence;
    syncing = true;
    lock.unlock();
    Throwable thrown = null;
    try {
      for (Segment segment : dirty) {
        segment.file().sync();
      }
      syncNames(dirty);
    } catch (IOException | RuntimeException | Error e) {
      thrown = e;
    }
    lock.lock();
    syncing = false;
    if (thrown == null) {
      durableSequence = covered;
      leftUnsynced.removeIf(segment -> segment.lastSequence() <= covered);
    } else {
      fail("syncing " + active().file().describe(), thrown);
    }
    progress.signalAll();
  }

  /** Whoever prepares segments has mostly done it. */
  private void syncNames(List<Segment> segments) throws IOException {
    if (segments.stream().allMatch(Segment::nameIsDurable)) {
      return;
    }
    source.syncNames();
    segments.forEach(Segment::setNameDurable);
  }

  private void fail(String doing, Throwable cause) {
    if (failure == null) {
      failure =
          new IOException(
              doing
                  + " failed: "
                  + cause.getMessage()
                  + ". The journal takes no more changes; reads go on. Mend the volume and restart Everwhen",
              cause);
    }
  }

  private void checkAlive() throws JournalException {
    IOException e = failure;
    if (e != null) {
      throw new StoppedException(e);
    }
  }

  /** The active segment and those left that are not synced: not to be sealed yet. */
  boolean isSettledPast(Segment segment) {
    lock.lock();
    try {
      return !segment.equals(active) && !leftUnsynced.contains(segment);
    } finally {
      lock.unlock();
    }
  }

  static int crc(ByteBuffer payload) {
    int start = payload.position();
    CRC32C crc = PAYLOAD_CRC.get();
    crc.reset();
    crc.update(payload);
    payload.position(start);
    return (int) crc.getValue();
  }
}
