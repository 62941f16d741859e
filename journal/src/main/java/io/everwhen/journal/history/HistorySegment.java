package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.EntryKind;
import io.everwhen.journal.format.EntryReference;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.NewSize;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.Unrecorded;
import io.everwhen.journal.log.Cursor;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.SegmentAudit;
import io.everwhen.journal.log.UnsealedTail;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One segment of a history, with its index; its file is opened when it is first needed. Any thread
 * may open it; the rest is for one.
 */
public final class HistorySegment implements Closeable {

  /** The longest payload of an event that is read by its index, in bytes. */
  private static final int EVENT_BYTES = 2 * Long.BYTES;

  private final JournalFiles files;
  private final Manifest manifest;
  private final long number;
  private final boolean sealed;
  private final SegmentIndex index;
  private final @Nullable IOException indexDamage;
  private JournalFiles.@Nullable OpenSegment opened;
  private @Nullable List<Resize> resizes;
  private @Nullable List<Reference> references;

  /** A sealed one. */
  HistorySegment(JournalFiles files, Manifest manifest, SegmentIndex index) {
    this.files = files;
    this.manifest = manifest;
    this.number = index.segment();
    this.sealed = true;
    this.index = index;
    this.indexDamage = null;
  }

  /**
   * One without an index on the volume.
   *
   * @param indexDamage why it cannot be read; null when the segment is not sealed yet
   */
  HistorySegment(
      JournalFiles files, Manifest manifest, UnsealedTail tail, @Nullable IOException indexDamage) {
    this.files = files;
    this.manifest = manifest;
    this.number = tail.number();
    this.sealed = false;
    this.index = tail.index();
    this.indexDamage = indexDamage;
    this.opened = tail.segment();
  }

  public long number() {
    return number;
  }

  /** Whether it has an index file that can be read; else {@link #index} was made in memory. */
  public boolean sealed() {
    return sealed;
  }

  /** The index, as far as entries can be read when it had to be made again. */
  public SegmentIndex index() {
    return index;
  }

  /** The segment's file and header. */
  public synchronized JournalFiles.OpenSegment open() throws IOException {
    JournalFiles.OpenSegment segment = opened;
    if (segment == null) {
      try {
        segment = files.openSegment(manifest, index);
      } catch (IOException e) {
        throw damaged(e);
      }
      opened = segment;
    }
    return segment;
  }

  /** A walk through the entries from a place on; closing it does not close the segment. */
  public Cursor cursorAt(long place) throws IOException {
    return new Cursor(open(), place, index().dataLength());
  }

  /**
   * The header of the entry at a place; its payload is not looked at.
   *
   * @throws DamageException when there is no valid one, or another than {@code sequence}
   */
  EntryHeader headerAt(long place, long sequence) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(EntryHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    JournalFiles.OpenSegment segment = open();
    boolean whole = segment.file().read(place, b) == EntryHeader.BYTES;
    EntryHeader header =
        whole ? EntryHeader.decode(b.flip(), 0, new CRC32C(), segment.header().salt()) : null;
    if (header == null || header.sequence() != sequence) {
      throw new DamageException(
          "%s is damaged: entry %d at byte %d is not what was written"
              .formatted(where(), sequence, place));
    }
    return header;
  }

  /**
   * That a disk got another size.
   *
   * @param sequence of the entry
   * @param bytes the size after it
   */
  record Resize(long sequence, int disk, long bytes) {}

  /** The resizes of all disks in this segment, oldest first; read once. */
  List<Resize> resizes(EntryReader reader) throws IOException {
    List<Resize> found = resizes;
    if (found == null) {
      found = readResizes(reader);
      resizes = found;
    }
    return found;
  }

  private List<Resize> readResizes(EntryReader reader) throws IOException {
    SegmentIndex index = index();
    List<Resize> found = new ArrayList<>();
    for (int i = 0; i < index.events(); i++) {
      if (index.eventResizes(i)) {
        try {
          EntryHeader entry = readEvent(i, reader);
          long bytes = NewSize.of(entry, reader.payload());
          found.add(new Resize(entry.sequence(), entry.disk(), bytes));
        } catch (DamageException | FormatException e) {
          throw damaged(e);
        }
      }
    }
    return found;
  }

  private EntryHeader readEvent(int i, EntryReader reader) throws IOException {
    return reader.read(
        open().file(), open().header(), index.eventPlace(i), index.eventSequence(i), EVENT_BYTES);
  }

  /**
   * That a disk was rewound, or that this was filled in, or that something was not recorded.
   *
   * @param sequence of the entry
   * @param disk {@link #UNREADABLE} when nobody can tell which, and what it says
   * @param refersTo see {@link EntryReference}, and {@link Unrecorded#after}
   * @param sinceNanos since when something was not recorded
   */
  record Reference(
      long sequence, long timeNanos, int disk, EntryKind kind, long refersTo, long sinceNanos) {

    static final int UNREADABLE = -1;

    boolean unreadable() {
      return disk == UNREADABLE;
    }
  }

  /** The rewinds of all disks in this segment, and their ends, oldest first; read once. */
  List<Reference> references(EntryReader reader) throws IOException {
    List<Reference> found = references;
    if (found == null) {
      found = readReferences(reader);
      references = found;
    }
    return found;
  }

  private List<Reference> readReferences(EntryReader reader) throws IOException {
    SegmentIndex index = index();
    List<Reference> found = new ArrayList<>();
    for (int i = 0; i < index.events(); i++) {
      if (index.eventRewinds(i)) {
        try {
          EntryHeader entry = readEvent(i, reader);
          found.add(reference(entry, reader.payload()));
        } catch (DamageException | FormatException e) {
          found.add(
              new Reference(
                  index.eventSequence(i), 0, Reference.UNREADABLE, EntryKind.REWIND, 0, 0));
        }
      }
    }
    return found;
  }

  private static Reference reference(EntryHeader entry, ByteBuffer payload) throws FormatException {
    Unrecorded what =
        entry.kind().ofGap()
            ? Unrecorded.of(entry, payload)
            : new Unrecorded(EntryReference.of(entry, payload), 0);
    return new Reference(
        entry.sequence(),
        entry.timeNanos(),
        entry.disk(),
        entry.kind(),
        what.after(),
        what.sinceNanos());
  }

  /** What to tell people about damage here. */
  public DamageException damaged(@Nullable Throwable cause) {
    return new DamageException(describeDamage(cause), cause);
  }

  String describeDamage(@Nullable Throwable cause) {
    return "%s is damaged (entries %d to %d)%s. `everwhen verify` says what else it costs"
        .formatted(
            where(),
            index.firstSequence(),
            index.lastSequence(),
            cause == null ? "" : ": " + cause.getMessage());
  }

  /** The segment's file, for messages. */
  String where() {
    return files.storage().describe() + "/" + JournalFiles.segmentName(index);
  }

  /**
   * Reads the whole segment; what is wrong with it, or empty. Of one that is still being written,
   * nothing.
   */
  Optional<String> findDamage() throws IOException {
    if (indexDamage != null) {
      return Optional.of(
          "its index is damaged or missing (%s); it was made again from the entries that can be read"
              .formatted(indexDamage.getMessage()));
    }
    if (!sealed) {
      return Optional.empty();
    }
    try {
      return SegmentAudit.damageOf(open(), index);
    } catch (DamageException e) {
      return Optional.of("it cannot be opened: " + e.getMessage());
    }
  }

  /** The entries that cannot be read: for each, its sequence minus the first. */
  BitSet damagedEntries() throws IOException {
    int count = (int) (index.lastSequence() - index.firstSequence() + 1);
    BitSet damaged = recordedEntries(count);
    try {
      SkippingCursor cursor = new SkippingCursor(this, SegmentHeader.BYTES);
      while (cursor.advance()) {
        long at = cursor.entry().sequence() - index.firstSequence();
        if (at >= 0 && at < count) {
          damaged.clear((int) at);
        }
      }
    } catch (DamageException e) {
      // Not even the file can be opened: nothing in it can be read.
      return damaged;
    }
    return damaged;
  }

  /** The entries that are in the segment; of a thinned one, those that the index knows. */
  private BitSet recordedEntries(int count) {
    BitSet recorded = new BitSet(count);
    if (!index.thinned()) {
      recorded.set(0, count);
      return recorded;
    }
    for (int i = 0; i < index.extents(); i++) {
      recorded.set((int) (index.extentSequence(i) - index.firstSequence()));
    }
    for (int i = 0; i < index.events(); i++) {
      recorded.set((int) (index.eventSequence(i) - index.firstSequence()));
    }
    return recorded;
  }

  @Override
  public synchronized void close() throws IOException {
    if (opened != null) {
      opened.file().close();
      opened = null;
    }
  }
}
