package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.io.Zeros;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.payload.KeyException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A disk as it was right after one entry: of each sector the newest content recorded by then, else
 * the baseline's.
 *
 * <p>Reading finds, for every sector asked for, the newest entry in the segments' indexes; so its
 * memory grows with the size of one read, not with the history: the indexes stay in their files.
 * Every byte is checked against its checksum on the way. One thread; other views of the same
 * history may be made and read meanwhile.
 */
public final class PastView implements Closeable {

  private static final int SECTOR_BYTES = SegmentIndex.SECTOR_BYTES;
  private static final long BASELINE = -1;

  /** How far is looked at once for where something was recorded; then twice as far, and so on. */
  private static final long SEARCHED_BYTES = 64 << 10;

  private final History history;
  private final Manifest.Disk disk;
  private final long sequence;
  private final long sizeBytes;
  private final List<HistorySegment> segments;
  private final List<Rewinds.Window> windows;
  private final RegionMap regions;
  private final @Nullable BaselineFile baseline;
  private final EntryReader reader;

  // For each sector of the range being read: the sequence of its newest entry, and where that is.
  private long[] newest = new long[0];
  private int[] segmentOf = new int[0];
  private int[] extentOf = new int[0];

  /**
   * The view of {@code disk} that contains exactly the entries up to {@code sequence}.
   *
   * @param sequence within the history, at the end of a change
   */
  public PastView(History history, Manifest.Disk disk, long sequence) throws IOException {
    this(history, disk, sequence, wholeWindows(history, disk, sequence));
  }

  private PastView(History history, Manifest.Disk disk, long sequence, List<Rewinds.Window> windows)
      throws IOException {
    history.checkKnown(sequence);
    this.history = history;
    this.disk = disk;
    this.sequence = sequence;
    this.segments = upTo(sequence, history.segments());
    this.windows = windows;
    this.regions = history.regions(disk);
    this.reader = history.newReader();
    synchronized (history) { // what it reads for this, it also reads where a view meets damage
      this.sizeBytes = history.sizeBytesAt(disk, sequence);
      this.baseline = openBaseline(history, disk);
    }
  }

  /**
   * What entries up to {@code sequence} say, where that is not what the disk held because something
   * was not recorded.
   */
  static PastView asRecorded(History history, Manifest.Disk disk, long sequence)
      throws IOException {
    return new PastView(history, disk, sequence, List.of(new Rewinds.Window(0, sequence)));
  }

  private static List<Rewinds.Window> wholeWindows(
      History history, Manifest.Disk disk, long sequence) throws IOException {
    if (sequence < history.horizon().sequence() || sequence > history.head().sequence()) {
      throw new IllegalArgumentException("entry " + sequence + " is not within the history");
    }
    if (!history.isKept(sequence)) {
      throw new IllegalArgumentException("the instant of entry " + sequence + " was thinned away");
    }
    return history.rewinds().windows(disk.number(), sequence).orElseThrow();
  }

  private static List<HistorySegment> upTo(long sequence, List<HistorySegment> all) {
    int count = all.size();
    while (count > 0 && all.get(count - 1).index().firstSequence() > sequence) {
      count--;
    }
    return all.subList(0, count);
  }

  private static @Nullable BaselineFile openBaseline(History history, Manifest.Disk disk)
      throws IOException {
    boolean isMade = history.manifest().hasBaseline(disk);
    boolean inTheMaking = history.manifest().folding() != 0;
    if (!isMade && !(inTheMaking && BaselineFile.exists(history.storage(), disk.number()))) {
      return null; // the empty disk
    }
    try {
      return BaselineFile.openForReading(
          history.storage(),
          disk.number(),
          disk.sizeBytes(),
          inTheMaking && (!isMade || history.resizesInBaseline(disk)));
    } catch (NoSuchFileException | DamageException e) {
      String what = e instanceof DamageException ? "" : "it is not there: ";
      throw new LossException(
          "the baseline %s is damaged: %s%s"
              .formatted(history.baselinePath(disk), what, e.getMessage()),
          e,
          new Losses(history).addDiskFrom(disk, history.horizon().sequence()).lost());
    }
  }

  /** Bytes that the disk had. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /**
   * Fills {@code into} from {@code offset} on; both in whole sectors. Larger reads are cheaper by
   * the byte.
   */
  public void read(long offset, ByteBuffer into) throws IOException {
    if (((offset | into.remaining()) & (SECTOR_BYTES - 1)) != 0
        || offset + into.remaining() > sizeBytes) {
      throw new IllegalArgumentException(
          into.remaining() + " bytes from " + offset + " do not lie on " + disk.name());
    }
    int sectors = into.remaining() / SECTOR_BYTES;
    try {
      findNewest(offset, sectors);
    } catch (InternalError e) {
      throw history.unreadable(e);
    }
    int start = into.position();
    int limit = into.limit();
    for (int from = 0, to; from < sectors; from = to) {
      to = from + 1;
      while (to < sectors && sameSource(from, to)) {
        to++;
      }
      into.limit(start + to * SECTOR_BYTES).position(start + from * SECTOR_BYTES);
      readRun(offset + (long) from * SECTOR_BYTES, from, into);
    }
    into.limit(limit).position(limit);
  }

  private boolean sameSource(int a, int b) {
    return newest[a] == newest[b];
  }

  private void findNewest(long offset, int sectors) {
    if (newest.length < sectors) {
      newest = new long[sectors];
      segmentOf = new int[sectors];
      extentOf = new int[sectors];
    }
    Arrays.fill(newest, 0, sectors, BASELINE);
    // From the newest on: what an older segment holds of a sector does not count.
    int missing = sectors;
    long end = offset + (long) sectors * SECTOR_BYTES;
    for (Rewinds.Window window : windows) {
      for (int s = regions.atOrBefore(segments.size() - 1, offset, end);
          s >= 0 && missing > 0;
          s = regions.atOrBefore(s - 1, offset, end)) {
        SegmentIndex index = segments.get(s).index();
        if (index.lastSequence() <= window.after()) {
          break;
        }
        if (index.firstSequence() <= window.upTo()) {
          missing -= findNewestIn(s, offset, sectors, window);
        }
      }
    }
  }

  /**
   * @return sectors that had nothing newer yet
   */
  private int findNewestIn(int s, long offset, int sectors, Rewinds.Window window) {
    SegmentIndex index = segments.get(s).index();
    long stop = offset + (long) sectors * SECTOR_BYTES;
    int found = 0;
    for (int i = index.firstExtentReaching(disk.number(), offset);
        i < index.extents() && index.extentDisk(i) == disk.number() && index.extentOffset(i) < stop;
        i++) {
      long made = index.extentSequence(i);
      if (made > window.after() && made <= window.upTo()) {
        long from = Math.max(offset, index.extentOffset(i));
        long to = Math.min(stop, index.extentOffset(i) + index.extentLength(i));
        found +=
            paint(
                (int) ((from - offset) / SECTOR_BYTES),
                (int) ((to - offset) / SECTOR_BYTES),
                made,
                s,
                i);
      }
    }
    return found;
  }

  private int paint(int from, int to, long made, int segment, int extent) {
    int fresh = 0;
    for (int i = from; i < to; i++) {
      if (newest[i] < made) {
        fresh += newest[i] == BASELINE ? 1 : 0;
        newest[i] = made;
        segmentOf[i] = segment;
        extentOf[i] = extent;
      }
    }
    return fresh;
  }

  private void readRun(long offset, int sector, ByteBuffer into) throws IOException {
    if (newest[sector] == BASELINE) {
      readBaseline(offset, into);
      return;
    }
    HistorySegment segment = segments.get(segmentOf[sector]);
    SegmentIndex index = segment.index();
    int extent = extentOf[sector];
    if (index.extentZeroes(extent)) {
      Zeros.fill(into);
      return;
    }
    EntryHeader entry;
    ByteBuffer content;
    try {
      JournalFiles.OpenSegment open = segment.open();
      entry =
          reader.read(
              open.file(),
              open.header(),
              index.extentPlace(extent),
              newest[sector],
              index.extentLength(extent));
      content = reader.payload();
    } catch (KeyException e) {
      throw e;
    } catch (IOException e) {
      throw lost(segment, extent, e);
    }
    if (entry.disk() != disk.number()
        || offset < entry.offset()
        || offset + into.remaining() > entry.end()) {
      throw lost(
          segment,
          extent,
          new IOException("entry " + entry.sequence() + " is not what the index says"));
    }
    into.put(content.slice((int) (offset - entry.offset()), into.remaining()));
  }

  private LossException lost(HistorySegment segment, int extent, IOException cause)
      throws IOException {
    SegmentIndex index = segment.index();
    LostExtent lost =
        new LostExtent(
            disk,
            index.extentOffset(extent),
            index.extentLength(extent),
            index.extentSequence(extent));
    synchronized (history) {
      return new LossException(
          segment.describeDamage(cause),
          cause,
          new Losses(history).add(lost).addEntry(lost.sequence()).lost());
    }
  }

  private void readBaseline(long offset, ByteBuffer into) throws IOException {
    if (baseline == null) {
      OriginView origin = history.origin();
      if (origin == null) {
        Zeros.fill(into);
      } else {
        origin.read(offset, into);
      }
      return;
    }
    long end = offset + into.remaining();
    try {
      baseline.read(offset, into, beingFolded());
    } catch (DamageException e) {
      synchronized (history) {
        Losses losses = new Losses(history);
        for (LostExtent extent : damagedChunks(baseline, offset, end)) {
          losses.add(extent);
        }
        throw new LossException(String.valueOf(e.getMessage()), e, losses.lost());
      }
    }
  }

  /** Reads a range of the baseline; which parts of it are not as they were written. */
  List<LostExtent> damagedBaseline(long from, long to) throws IOException {
    List<LostExtent> damaged = new ArrayList<>();
    if (baseline == null) {
      return damaged;
    }
    ByteBuffer window = ByteBuffer.allocateDirect(1 << 20);
    // Its own size: while a resize is folded into it, the disk may have another.
    long end = Math.min(baseline.size(), to);
    for (long at = baseline.nextData(from); at < end; at = baseline.nextData(at + window.limit())) {
      at -= at % BaselineFile.CHUNK_BYTES;
      window.clear().limit((int) Math.min(window.capacity(), end - at));
      try {
        baseline.read(at, window, beingFolded());
      } catch (DamageException e) {
        damaged.addAll(damagedChunks(baseline, at, at + window.limit()));
      }
    }
    return damaged;
  }

  private List<LostExtent> damagedChunks(BaselineFile file, long from, long to) throws IOException {
    List<LostExtent> damaged = new ArrayList<>();
    ByteBuffer one = ByteBuffer.allocateDirect(BaselineFile.CHUNK_BYTES);
    for (long at = from - from % BaselineFile.CHUNK_BYTES; at < to; at += one.capacity()) {
      long length = Math.min(one.capacity(), file.size() - at);
      try {
        file.read(at, one.clear().limit((int) length), beingFolded());
      } catch (DamageException e) {
        damaged.add(new LostExtent(disk, at, length, history.horizon().sequence()));
      }
    }
    return damaged;
  }

  /**
   * While a segment is being folded, the checksums of the chunks that it touches may be behind
   * their content.
   */
  private LongPredicate beingFolded() throws IOException {
    if (history.manifest().folding() == 0) {
      return chunk -> false;
    }
    SegmentIndex folding = history.folding();
    return chunk -> touches(folding, chunk * BaselineFile.CHUNK_BYTES);
  }

  private boolean touches(SegmentIndex index, long chunkOffset) {
    for (int i = index.firstExtentReaching(disk.number(), chunkOffset);
        i < index.extents()
            && index.extentDisk(i) == disk.number()
            && index.extentOffset(i) < chunkOffset + BaselineFile.CHUNK_BYTES;
        i++) {
      if (index.extentOffset(i) + index.extentLength(i) > chunkOffset) {
        return true;
      }
    }
    return false;
  }

  /**
   * Where anything but zeros may begin, at or after {@code offset}; {@link #sizeBytes} when nothing
   * does.
   */
  public long nextData(long offset) throws IOException {
    long next = sizeBytes;
    if (baseline != null && offset < baseline.size()) {
      next = Math.min(next, baseline.nextData(offset));
    }
    OriginView origin = history.origin();
    if (origin != null) {
      long begun = origin.nextData(offset);
      next = begun < origin.sizeBytes() ? Math.min(next, begun) : next;
    }
    try {
      return nextRecorded(offset, next) / SECTOR_BYTES * SECTOR_BYTES;
    } catch (InternalError e) {
      throw history.unreadable(e);
    }
  }

  /**
   * Where anything but zeros was recorded first, at or after {@code offset}; {@code next} if
   * nowhere before it.
   */
  private long nextRecorded(long offset, long next) {
    long from = offset;
    for (long length = SEARCHED_BYTES; from < next; length *= 2) {
      long end = Math.min(next, from + length);
      long found = end;
      for (int s = regions.atOrBefore(segments.size() - 1, from, end);
          s >= 0;
          s = regions.atOrBefore(s - 1, from, end)) {
        found = nextRecordedIn(s, from, found);
      }
      if (found < end) {
        return found;
      }
      from = end;
    }
    return next;
  }

  private long nextRecordedIn(int s, long offset, long next) {
    SegmentIndex index = segments.get(s).index();
    for (int i = index.firstExtentReaching(disk.number(), offset);
        i < index.extents() && index.extentDisk(i) == disk.number() && index.extentOffset(i) < next;
        i++) {
      boolean counts = index.extentSequence(i) <= sequence && !index.extentZeroes(i);
      if (counts && index.extentOffset(i) + index.extentLength(i) > offset) {
        return Math.max(offset, index.extentOffset(i));
      }
    }
    return next;
  }

  /**
   * Checks that nothing read so far was folded away meanwhile; see {@link
   * History#checkStillWithin}.
   */
  public void checkStillWithin() throws IOException {
    for (Rewinds.Window window : windows) {
      history.checkStillWithin(window.upTo());
    }
  }

  /**
   * The same for one of a history that is pinned, by who knows how far folding may have gone: then
   * it takes no time as long as that is not past the instant.
   */
  public void checkStillWithin(long foldedSequence) throws IOException {
    for (Rewinds.Window window : windows) {
      if (foldedSequence > window.upTo()) {
        history.checkNotFolded(window.upTo());
      }
    }
  }

  /** Gives up memory for reading, if it is more than so many bytes; for who keeps it unused. */
  public void keepAtMost(long bytes) {
    reader.keepAtMost(bytes);
  }

  @Override
  public void close() throws IOException {
    if (baseline != null) {
      baseline.close();
    }
  }
}
