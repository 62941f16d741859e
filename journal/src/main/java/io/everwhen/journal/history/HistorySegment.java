package io.everwhen.journal.history;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.NewSize;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.log.Cursor;
import io.everwhen.journal.log.DamageException;
import io.everwhen.journal.log.EntryReader;
import io.everwhen.journal.log.JournalFiles;
import io.everwhen.journal.log.SegmentAudit;
import io.everwhen.journal.log.UnsealedTail;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One segment of a history, with its index; its file is opened when it is first needed. One thread.
 */
public final class HistorySegment implements Closeable {

  private final JournalFiles files;
  private final Manifest manifest;
  private final long number;
  private final boolean sealed;
  private final @Nullable SegmentIndex index;
  private final @Nullable IOException damage;
  private JournalFiles.@Nullable OpenSegment opened;
  private @Nullable List<Resize> resizes;

  HistorySegment(
      JournalFiles files,
      Manifest manifest,
      long number,
      @Nullable SegmentIndex index,
      @Nullable IOException damage) {
    this.files = files;
    this.manifest = manifest;
    this.number = number;
    this.sealed = true;
    this.index = index;
    this.damage = damage;
  }

  HistorySegment(JournalFiles files, Manifest manifest, UnsealedTail tail) {
    this.files = files;
    this.manifest = manifest;
    this.number = tail.number();
    this.sealed = false;
    this.index = tail.index();
    this.damage = null;
    this.opened = tail.segment();
  }

  public long number() {
    return number;
  }

  /** Whether it has an index file, or is still being written. */
  public boolean sealed() {
    return sealed;
  }

  /** The index; {@link DamageException} when it cannot be read. */
  public SegmentIndex index() throws DamageException {
    if (index == null) {
      throw new DamageException(
          "the index of segment %d is damaged or missing: %s. Run `everwhen verify`"
              .formatted(number, damage == null ? "" : damage.getMessage()),
          damage);
    }
    return index;
  }

  @Nullable SegmentIndex indexIfSound() {
    return index;
  }

  /** The segment's file and header. */
  public JournalFiles.OpenSegment open() throws IOException {
    JournalFiles.OpenSegment segment = opened;
    if (segment == null) {
      try {
        segment = files.openSegment(manifest, number);
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
          EntryHeader entry =
              reader.read(
                  open().file(),
                  open().header(),
                  index.eventPlace(i),
                  index.eventSequence(i),
                  Long.BYTES);
          long bytes = NewSize.of(entry, reader.payload());
          found.add(new Resize(entry.sequence(), entry.disk(), bytes));
        } catch (DamageException | FormatException e) {
          throw damaged(e);
        }
      }
    }
    return found;
  }

  /** The last entry of this segment that is stamped at or before {@code timeNanos}. */
  long lastSequenceAt(long timeNanos) throws IOException {
    long last = index().firstSequence() - 1;
    try (Cursor cursor = cursorAt(index().placeBefore(timeNanos))) {
      while (cursor.advance() && cursor.entry().timeNanos() <= timeNanos) {
        last = cursor.entry().sequence();
      }
    }
    return last;
  }

  /** What to tell people about damage here: which instants it costs. */
  public DamageException damaged(@Nullable Throwable cause) {
    String what = files.storage().describe() + "/" + FileNames.segment(number) + " is damaged";
    if (index != null) {
      what += " (entries %d to %d)".formatted(index.firstSequence(), index.lastSequence());
    }
    if (cause != null) {
      what += ": " + cause.getMessage();
    }
    return new DamageException(
        what + ". Instants that need it cannot be restored; `everwhen verify` says which", cause);
  }

  /**
   * Reads the whole segment; what is wrong with it, or empty. Of one that is still being written,
   * nothing.
   */
  public Optional<String> findDamage() throws IOException {
    if (!sealed) {
      return Optional.empty();
    }
    if (index == null) {
      return Optional.of(
          "its index is damaged or missing: " + (damage == null ? "" : damage.getMessage()));
    }
    try {
      return SegmentAudit.damageOf(open(), index);
    } catch (DamageException e) {
      return Optional.of("it cannot be opened: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    if (opened != null) {
      opened.file().close();
      opened = null;
    }
  }
}
