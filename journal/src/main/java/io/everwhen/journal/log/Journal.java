package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.EntryReference;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.NewSize;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.SegmentIndexBuilder;
import io.everwhen.journal.format.Unrecorded;
import io.everwhen.journal.io.NoSpaceException;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.payload.EncodedPayload;
import io.everwhen.journal.payload.Keyring;
import io.everwhen.journal.payload.PayloadEncoder;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of one group, as its single writer has it open.
 *
 * <p>Changes are staged by {@link #write} and {@link #zero}, are with the operating system after
 * {@link #settle}, and on stable storage after {@link #sync} or {@link #flush}; these may be called
 * by any thread. The methods under "maintenance" are called by one thread at a time. Who opens a
 * journal holds the group's writer lock.
 */
public final class Journal implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Journal.class);

  private final JournalFiles files;
  private final Storage storage;
  private final Manifest manifest;
  private final JournalOptions options;
  private final Clock clock;
  private final SegmentSupply supply;
  private final Appender appender;
  private final @Nullable PayloadEncoder encoder;
  private final @Nullable Keyring keys;
  private final long recoveredSequence;

  // Guarded by this.
  private final TreeMap<Long, Segment> open = new TreeMap<>();
  private final ArrayDeque<Segment> unsealed = new ArrayDeque<>();
  private byte[] lastSeal;
  private long lastSealedSequence;
  private int lastSealedChecksum;
  private long lastSealedSegment;
  private long lastSealedTimeNanos;

  private Journal(
      JournalFiles files,
      Manifest manifest,
      JournalOptions options,
      Clock clock,
      RandomGenerator random,
      Recovery.Result recovered,
      EntryListener listener,
      @Nullable PayloadEncoder encoder,
      @Nullable Keyring keys)
      throws IOException {
    this.files = files;
    this.keys = keys;
    this.encoder = encoder;
    this.storage = files.storage();
    this.manifest = manifest;
    this.options = options;
    this.clock = clock;
    this.recoveredSequence = recovered.lastSequence();
    this.lastSeal = HexFormat.of().parseHex(recovered.lastSeal());
    this.lastSealedSequence = recovered.lastSequence();
    this.lastSealedChecksum = recovered.lastChecksum();
    this.lastSealedSegment = recovered.lastSegment();
    this.lastSealedTimeNanos = recovered.lastTimeNanos();
    this.supply =
        new SegmentSupply(storage, manifest, options, clock, random, recovered.lastSegment());
    this.appender =
        new Appender(
            recovered.lastSequence(),
            recovered.lastChecksum(),
            new Timeline(clock, recovered.lastTimeNanos()),
            new Segments(),
            listener,
            encoder);
  }

  /**
   * Recovers the journal and opens it for appending.
   *
   * @param knownDurable the last entry that is known to be in the journal, from an image's
   *     checkpoint
   * @param listener told of every entry appended from now on
   * @param encoder of what is written; null when all is stored as it is. The manifest says that
   *     there are encoded entries
   * @param keys of encrypted entries that are there; null when there are none
   */
  public static Journal open(
      JournalFiles files,
      Manifest manifest,
      JournalOptions options,
      Clock clock,
      RandomGenerator random,
      long knownDurable,
      EntryListener listener,
      @Nullable PayloadEncoder encoder,
      @Nullable Keyring keys)
      throws IOException {
    Recovery.Result recovered = Recovery.recover(files, manifest, knownDurable);
    return new Journal(files, manifest, options, clock, random, recovered, listener, encoder, keys);
  }

  /** What the appender gets, and who reads and seals it later knows of. */
  private final class Segments implements Appender.SegmentSource {

    @Override
    public Segment next() throws IOException {
      synchronized (Journal.this) {
        Segment next = supply.next();
        open.put(next.number(), next);
        unsealed.add(next);
        return next;
      }
    }

    @Override
    public void syncNames() throws IOException {
      storage.syncDirectory();
    }
  }

  /**
   * Tells how large the disks are after the last recovered entry; before the first change.
   *
   * @param sizes in bytes, by number
   */
  public void startWith(long[] sizes) {
    appender.startWith(sizes);
  }

  /** Begins to take changes of one more disk, which has {@code bytes}. */
  public void addDisk(long bytes) {
    appender.addDisk(bytes);
  }

  /**
   * Stages a write. {@code data} must not change before {@link #settle} has returned.
   *
   * @throws IllegalArgumentException when it is larger than {@link #maxPayloadBytes}, or does not
   *     lie on the disk as the changes staged before have left it
   */
  public void write(int disk, long offset, ByteBuffer data) throws IOException {
    if (data.remaining() > options.maxPayloadBytes()) {
      throw new IllegalArgumentException(
          "an entry holds " + options.maxPayloadBytes() + " bytes, not " + data.remaining());
    }
    PayloadEncoder encodes = encoder;
    EncodedPayload encoded = encodes == null ? null : encodes.encode(disk, offset, data);
    if (encodes == null || encoded == null) {
      int checksum = Appender.crc(data);
      appender.stage(EntryKind.WRITE, 0, disk, offset, data.remaining(), data, checksum);
    } else {
      write(disk, offset, data.remaining(), encoded, encodes);
    }
  }

  private void write(
      int disk, long offset, int length, EncodedPayload encoded, PayloadEncoder encodes)
      throws IOException {
    ByteBuffer stored = encoded.stored();
    int checksum = Appender.crc(stored);
    boolean staged = false;
    try {
      appender.stage(EntryKind.WRITE, encoded.encoding(), disk, offset, length, stored, checksum);
      staged = true;
    } finally {
      if (!staged) {
        encodes.release(stored);
      }
    }
  }

  /** A reader of single entries, for one thread. */
  public EntryReader newReader() {
    return new EntryReader(keys);
  }

  /** The largest write. */
  public int maxPayloadBytes() {
    return options.maxPayloadBytes();
  }

  /**
   * Stages that some extents read as zeros from now on, as one change.
   *
   * @param kind {@link EntryKind#ZERO} or {@link EntryKind#UNMAP}
   * @throws IllegalArgumentException as {@link #write} does
   */
  public void zero(int disk, EntryKind kind, long[] offsets, long[] lengths) throws IOException {
    if ((kind != EntryKind.ZERO && kind != EntryKind.UNMAP)
        || offsets.length == 0
        || offsets.length > Appender.maxRun()) {
      throw new IllegalArgumentException(
          "a change zeroes 1 to " + Appender.maxRun() + " extents, not " + offsets.length);
    }
    appender.stageRun(kind, disk, offsets, lengths);
  }

  /** Returns when everything staged so far is with the operating system. */
  public void settle() throws IOException {
    appender.settle();
  }

  /** Settles, and makes everything durable. */
  public void sync() throws IOException {
    appender.sync();
  }

  /**
   * {@link #sync} because the initiator of {@code disk} asked for it, which is put on the timeline
   * if anything of it changed since the last one and there is room for it; the first one since the
   * journal was opened always is. The entry itself may become durable later than what it is about:
   * see {@link #expectFlush}.
   */
  public void flush(int disk) throws IOException {
    boolean durable = false;
    try {
      durable = appender.stageFlush(disk);
    } catch (JournalFullException e) {
      log.debug("no room to note a flush", e);
    }
    if (durable) {
      appender.settle();
    } else {
      appender.sync();
    }
  }

  /**
   * {@link #sync} before the initiator has asked for it. If it does so before anything else is
   * staged, its flush is noted, and the note becomes durable with whatever is synced next.
   */
  public void expectFlush() throws IOException {
    appender.syncAhead();
  }

  /** Names this instant; durable when it returns. */
  public long mark(String name) throws IOException {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    ByteBuffer payload = ByteBuffer.allocateDirect(utf8.length).put(utf8).flip();
    long sequence = appender.stage(EntryKind.MARK, 0, 0, 0, 0, payload, Appender.crc(payload));
    appender.sync();
    return sequence;
  }

  /**
   * Gives a disk another size; durable when it returns. Every change is staged before it, and fits
   * the old size, or after it, and fits the new.
   *
   * @return the sequence of the entry, or of the last one when the disk has that size already
   */
  public long resize(int disk, long sizeBytes) throws IOException {
    ByteBuffer payload = NewSize.encode(sizeBytes);
    long sequence = appender.stageResize(disk, sizeBytes, payload, Appender.crc(payload));
    appender.sync();
    return sequence;
  }

  /**
   * Notes that a disk is as it was after an earlier entry, or that this is filled in; durable when
   * it returns.
   *
   * @param kind {@link EntryKind#REWIND} or {@link EntryKind#REWOUND}
   * @param refersTo see {@link EntryReference}
   * @return the sequence of the entry
   */
  public long refer(int disk, EntryKind kind, long refersTo) throws IOException {
    if (!kind.refers()) {
      throw new IllegalArgumentException(kind + " refers to no entry");
    }
    ByteBuffer payload = EntryReference.encode(refersTo);
    long sequence = appender.stage(kind, 0, disk, 0, 0, payload, Appender.crc(payload));
    appender.sync();
    return sequence;
  }

  /**
   * Notes that changes were not recorded, or that they are by now; durable when it returns.
   *
   * @param kind {@link EntryKind#UNRECORDED} or {@link EntryKind#RECORDED}
   */
  public void unrecorded(EntryKind kind, Unrecorded what) throws IOException {
    if (!kind.ofGap()) {
      throw new IllegalArgumentException(kind + " is of no gap");
    }
    ByteBuffer payload = what.encode();
    appender.stage(kind, 0, 0, 0, 0, payload, Appender.crc(payload));
    appender.sync();
  }

  /** Whether there is room for so many segments. */
  public boolean hasRoomFor(int segments) throws IOException {
    return supply.hasRoomFor(segments);
  }

  /** Whether a change is staged for this range that is not with the operating system yet. */
  public boolean hasStagedChange(int disk, long offset, long length) {
    return appender.hasStagedChange(disk, offset, length);
  }

  /** The last entry that is with the operating system. */
  public long writtenSequence() {
    return appender.writtenSequence();
  }

  /** The last entry that is on stable storage. */
  public long durableSequence() {
    return appender.durableSequence();
  }

  /**
   * How far the wall clock is behind the last stamp: until it has caught up, entries are stamped
   * one nanosecond after the other. 0 when it is not, or by less than a second.
   */
  public long clockBehindNanos() {
    return appender.clockBehindNanos();
  }

  /** Nanoseconds from an arbitrary point, by the clock that entries are stamped by. */
  public long monotonicNanos() {
    return clock.monotonicNanos();
  }

  /** Why no more changes are taken; null while all is well. */
  public @Nullable IOException failure() {
    return appender.failure();
  }

  // Maintenance

  /**
   * Tells the listener of all recovered entries after {@code sequence} and keeps their segments
   * open.
   *
   * @throws DamageException when one of them cannot be read back
   */
  public void replay(long sequence, EntryListener listener) throws IOException {
    List<SegmentIndex> needed = new ArrayList<>();
    long number = manifest.baseline().segment();
    for (long n : files.indexNumbers().descendingSet()) {
      SegmentIndex index = files.readIndex(manifest, n);
      if (index.lastSequence() <= sequence) {
        break;
      }
      needed.addFirst(index);
      number = n;
    }
    if (needed.isEmpty()
        ? recoveredSequence > sequence
        : needed.getFirst().firstSequence() > sequence + 1) {
      throw new DamageException(
          "the journal in %s lacks the entries from %d on, which the image needs; the oldest there is segment %d"
              .formatted(storage.describe(), sequence + 1, number));
    }
    for (SegmentIndex index : needed) {
      if (index.thinned()) {
        throw new DamageException(
            "segment %d in %s was thinned, but an image lacks its entries from %d on. Move that image and the checkpoint beside it away, and restore the disk from its journal"
                .formatted(index.segment(), storage.describe(), sequence + 1));
      }
      replay(index, sequence, listener);
    }
  }

  private void replay(SegmentIndex index, long after, EntryListener listener) throws IOException {
    JournalFiles.OpenSegment opened = files.openSegment(manifest, index.segment());
    Segment segment = new Segment(opened.header(), opened.file(), index.dataLength(), true, true);
    segment.lastSequence(index.lastSequence());
    synchronized (this) {
      open.put(segment.number(), segment);
    }
    TailWalk walk =
        new TailWalk(opened.header(), opened.file(), index.firstSequence() - 1, index.firstChain());
    long last = index.firstSequence() - 1;
    while (last < index.lastSequence() && walk.advance()) {
      var e = walk.entry();
      last = e.sequence();
      if (last > after) {
        listener.written(
            e.kind(),
            e.disk(),
            e.offset(),
            e.length(),
            e.payloadLength(),
            e.isEncoded(),
            last,
            segment,
            walk.position());
      }
    }
    if (last != index.lastSequence()) {
      throw new DamageException(
          "%s is damaged at entry %d, which the image needs. Run `everwhen verify`"
              .formatted(opened.file().describe(), last + 1));
    }
  }

  /**
   * Prepares the segment after the active one, if that is still to be done and there is room.
   *
   * @param giveUp whether it is not needed any more
   * @param overwrite whether it is overwritten before, which makes syncs of what is written to it
   *     later faster
   * @param spares how many files there should be behind that one, for a rush
   * @return whether it did something
   */
  public boolean prepareNext(BooleanSupplier giveUp, boolean overwrite, int spares)
      throws IOException {
    return supply.prepare(giveUp, overwrite, spares);
  }

  /** After a rush: files that were only allocated for it make room for such as are overwritten. */
  public void discardAllocated() throws IOException {
    supply.discardAllocated();
  }

  /**
   * After a rush: overwrites some of what is left of the active segment and of the next one, where
   * they were only allocated, so that syncs of what is written there later are faster. Those who
   * write wait a moment.
   *
   * @return whether there may be more
   */
  public boolean overwriteSome() throws IOException {
    return appender.overwriteSome() || supply.overwriteSome();
  }

  /** How many segments were put in use that had not been overwritten before. */
  public long notOverwrittenSegments() {
    return supply.notOverwritten();
  }

  /** Bytes of the segments that are not sealed, the active one included. */
  public synchronized long unsealedBytes() {
    return unsealed.size() * options.segmentBytes();
  }

  /**
   * Seals the oldest segment that is full and synced.
   *
   * @return false when there is none
   */
  public boolean sealNext() throws IOException {
    Segment segment;
    synchronized (this) {
      segment = unsealed.peek();
    }
    if (segment == null || !appender.isSettledPast(segment)) {
      return false;
    }
    seal(segment, false);
    return true;
  }

  /**
   * Writes a segment's index.
   *
   * @param cut whether to give back first what the segment does not fill: on a full volume that may
   *     make the room for the index
   */
  private void seal(Segment segment, boolean cut) throws IOException {
    SegmentIndexBuilder builder = new SegmentIndexBuilder(segment.header());
    TailWalk walk =
        TailWalk.hashing(
            segment.header(),
            segment.file(),
            lastSealedSequence,
            lastSealedChecksum,
            // Not kept: an appliance may have a thousand journals, and most of them at rest.
            SegmentScanner.window(options.segmentBytes()));
    long last = lastSealedSequence;
    while (last < segment.lastSequence() && walk.advance()) {
      builder.add(walk.entry(), walk.position());
      last = walk.entry().sequence();
    }
    if (last != segment.lastSequence()) {
      throw new DamageException(
          "%s does not give back entry %d, which was written to it. Its volume is failing: copy the directory away"
              .formatted(segment.file().describe(), last + 1));
    }
    if (cut) {
      segment.file().setSize(builder.dataLength());
    }
    SegmentIndex index = builder.build(walk.contentHash(), lastSeal);
    files.writeIndex(index);
    synchronized (this) {
      unsealed.remove();
      lastSeal = index.seal();
      lastSealedSequence = index.lastSequence();
      lastSealedChecksum = index.lastChecksum();
      lastSealedSegment = index.segment();
      lastSealedTimeNanos = index.lastTimeNanos();
    }
  }

  /**
   * The end of what is sealed.
   *
   * @param segment the last sealed one; 0 when none ever was
   * @param seal of it, in hexadecimal
   * @param sequence of its last entry
   * @param timeNanos that entry's stamp
   */
  public record Sealed(long segment, String seal, long sequence, long timeNanos) {}

  /** How far this is sealed; also after it was closed. */
  public synchronized Sealed sealed() {
    return new Sealed(
        lastSealedSegment,
        HexFormat.of().formatHex(lastSeal),
        lastSealedSequence,
        lastSealedTimeNanos);
  }

  /**
   * Closes the sealed segments that hold nothing after {@code sequence}. Nobody may be reading from
   * them any more.
   */
  public void closeUpTo(long sequence) throws IOException {
    List<Segment> done = new ArrayList<>();
    synchronized (this) {
      open.values()
          .removeIf(s -> !unsealed.contains(s) && s.lastSequence() <= sequence && done.add(s));
    }
    for (Segment segment : done) {
      // What is written next finds memory that was just used, and the images keep theirs.
      segment.file().forgetCached();
      segment.file().close();
    }
  }

  /**
   * Gives up the file of a segment that was folded or thinned: uses it again when nobody may be
   * reading it, else deletes it. Its index must be gone, or in the place of another.
   */
  public void discard(SegmentIndex index, boolean unread) throws IOException {
    boolean stillOpen;
    synchronized (this) {
      stillOpen = open.containsKey(index.segment());
    }
    if (index.thinned() || !unread || stillOpen || !supply.recycle(index.segment())) {
      storage.delete(JournalFiles.segmentName(index));
      storage.syncDirectory();
    }
  }

  /**
   * Takes no more changes, syncs, seals everything for which there is room, so that the next
   * opening finds no tail to judge, and closes. Whatever was settled is kept even when this fails.
   */
  @Override
  public void close() throws IOException {
    try {
      if (appender.failure() == null) {
        appender.end();
        try {
          sealAll();
        } catch (NoSpaceException e) {
          log.warn("sealing has to wait for the next opening: {}", e.getMessage());
        }
        supply.discardPrepared();
      }
    } finally {
      List<Segment> all;
      synchronized (this) {
        all = new ArrayList<>(open.values());
        open.clear();
      }
      for (Segment segment : all) {
        StorageFile file = segment.file();
        file.close();
      }
    }
  }

  private void sealAll() throws IOException {
    List<Segment> rest;
    synchronized (this) {
      rest = List.copyOf(unsealed);
    }
    for (Segment segment : rest) {
      if (segment.lastSequence() > 0) {
        seal(segment, true);
      }
    }
  }
}
