package io.everwhen.journal.log;

import io.everwhen.journal.format.EntryHeader;
import io.everwhen.journal.format.FileNames;
import io.everwhen.journal.format.FormatException;
import io.everwhen.journal.format.GapNote;
import io.everwhen.journal.format.Kept;
import io.everwhen.journal.format.KeysFile;
import io.everwhen.journal.format.Manifest;
import io.everwhen.journal.format.Pins;
import io.everwhen.journal.format.RewindNote;
import io.everwhen.journal.format.SegmentHeader;
import io.everwhen.journal.format.SegmentIndex;
import io.everwhen.journal.format.SignedHead;
import io.everwhen.journal.format.StampedHead;
import io.everwhen.journal.io.FileMaps;
import io.everwhen.journal.io.Storage;
import io.everwhen.journal.io.StorageFile;
import io.everwhen.journal.payload.KeyException;
import io.everwhen.journal.payload.Keyring;
import io.everwhen.journal.payload.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.Function;

/** The files of one journal directory, by what they mean. Holds no state; any thread. */
public final class JournalFiles {

  private static final int MAX_MANIFEST_BYTES = 1 << 20;
  private static final int MAX_HEAD_BYTES = 4096;
  private static final int MAX_KEYS_BYTES = 1 << 20;
  private static final int MAX_STAMP_BYTES = 256 << 10;
  private static final int MAX_KEPT_BYTES = 16 << 20;
  private static final int MAX_PINS_BYTES = 1 << 20;
  private static final int MAX_INDEX_BYTES = 1 << 30;

  private final Storage storage;

  public JournalFiles(Storage storage) {
    this.storage = storage;
  }

  /** The directory. */
  public Storage storage() {
    return storage;
  }

  /** Whether a group lives here. */
  public boolean hasManifest() throws IOException {
    return storage.exists(FileNames.MANIFEST);
  }

  public Manifest readManifest() throws IOException {
    return Manifest.decode(
        readWhole(FileNames.MANIFEST, MAX_MANIFEST_BYTES), describe(FileNames.MANIFEST));
  }

  /** Replaces the manifest; durable when it returns. */
  public void writeManifest(Manifest manifest) throws IOException {
    replace(FileNames.MANIFEST, manifest.encode());
  }

  /**
   * Replaces a manifest of the first version by the same in a newer one; durable when it returns.
   * Afterwards entries may be written that the first version does not know.
   */
  public void upgradeManifest() throws IOException {
    if (Manifest.isFirst(readWhole(FileNames.MANIFEST, MAX_MANIFEST_BYTES))) {
      writeManifest(readManifest());
    }
  }

  /** The numbers of the segment files that are there, ascending. */
  public NavigableSet<Long> segmentNumbers() throws IOException {
    return numbers(FileNames::segmentNumber);
  }

  /** The numbers of the index files that are there, ascending. */
  public NavigableSet<Long> indexNumbers() throws IOException {
    return numbers(FileNames::indexNumber);
  }

  private NavigableSet<Long> numbers(Function<String, OptionalLong> parse) throws IOException {
    NavigableSet<Long> numbers = new TreeSet<>();
    for (String name : storage.list()) {
      parse.apply(name).ifPresent(numbers::add);
    }
    return numbers;
  }

  /** Opens a segment for reading and checks its header against the group and its own name. */
  public OpenSegment openSegment(Manifest group, long number) throws IOException {
    return openNamed(group, FileNames.segment(number), number);
  }

  /** Opens a sealed segment, thinned or not, for reading. */
  public OpenSegment openSegment(Manifest group, SegmentIndex index) throws IOException {
    return openNamed(group, segmentName(index), index.segment());
  }

  OpenSegment openNamed(Manifest group, String name, long number) throws IOException {
    StorageFile file = storage.openForReading(name);
    try {
      return new OpenSegment(readHeader(file, group, number), file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** A segment that is open for reading. */
  public record OpenSegment(SegmentHeader header, StorageFile file) {}

  static SegmentHeader readHeader(StorageFile file, Manifest group, long number)
      throws IOException {
    ByteBuffer b = ByteBuffer.allocateDirect(SegmentHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (file.read(0, b) != SegmentHeader.BYTES) {
      throw new FormatException(file.describe() + " is too short to be a segment");
    }
    SegmentHeader header = SegmentHeader.decode(b.flip(), file.describe());
    if (!header.group().equals(group.id()) || header.number() != number) {
      throw new FormatException(file.describe() + " belongs to another group or place");
    }
    return header;
  }

  /** Reads and checks the index of a sealed segment. */
  public SegmentIndex readIndex(Manifest group, long number) throws IOException {
    String name = FileNames.index(number);
    return belonging(
        SegmentIndex.decode(readWhole(name, MAX_INDEX_BYTES), describe(name)), group, number);
  }

  /**
   * Reads and checks the index of a sealed segment as {@link #readIndex} does, but leaves it in its
   * file; it can be used until {@code maps} is closed.
   */
  public SegmentIndex mapIndex(Manifest group, long number, FileMaps maps) throws IOException {
    String name = FileNames.index(number);
    try (StorageFile file = storage.openForReading(name)) {
      checkSize(file, MAX_INDEX_BYTES);
      return belonging(
          SegmentIndex.decode(maps.map(file), file::readFully, describe(name)), group, number);
    }
  }

  private SegmentIndex belonging(SegmentIndex index, Manifest group, long number)
      throws FormatException {
    if (!index.group().equals(group.id()) || index.segment() != number) {
      throw new FormatException(
          describe(FileNames.index(number)) + " belongs to another group or place");
    }
    return index;
  }

  /** Seals a segment; durable when it returns. The segment's own bytes must be durable before. */
  void writeIndex(SegmentIndex index) throws IOException {
    replace(FileNames.index(index.segment()), index.encoded());
  }

  /** Reads the signed head; empty when there is none. Its signature is not checked. */
  public Optional<SignedHead> readHead() throws IOException {
    try {
      return Optional.of(
          SignedHead.decode(readWhole(FileNames.HEAD, MAX_HEAD_BYTES), describe(FileNames.HEAD)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Reads the keys; empty when there are none. */
  public Optional<KeysFile> readKeys() throws IOException {
    try {
      return Optional.of(
          KeysFile.decode(readWhole(FileNames.KEYS, MAX_KEYS_BYTES), describe(FileNames.KEYS)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Opens the keys of an encrypted group.
   *
   * @throws KeyException when they are not there, are another group's, or the secret is wrong
   */
  public Keyring openKeys(Manifest group, Secret secret) throws IOException {
    String where = describe(FileNames.KEYS);
    KeysFile keys =
        readKeys()
            .orElseThrow(() ->
                new KeyException(
                    "the journal is encrypted, and its keys are not there: put a copy of them back to %s. Nothing is damaged"
                        .formatted(where)));
    if (!keys.group().equals(group.id())) {
      throw new KeyException(where + " belongs to another group; put back the one of this group");
    }
    return Keyring.open(keys, secret, where);
  }

  /** Replaces the keys; durable when it returns. */
  public void writeKeys(KeysFile keys) throws IOException {
    replace(FileNames.KEYS, keys.encode());
  }

  /** Replaces the signed head; durable when it returns. What it signs must be durable before. */
  public void writeHead(SignedHead head) throws IOException {
    replace(FileNames.HEAD, head.encode());
  }

  /** The segments whose heads are time-stamped, ascending. */
  public NavigableSet<Long> stampNumbers() throws IOException {
    return numbers(FileNames::stampNumber);
  }

  /** Reads the time stamp of the head that named a segment. Nothing that it says is checked. */
  public StampedHead readStamp(long number) throws IOException {
    String name = FileNames.stamp(number);
    StampedHead stamp = StampedHead.decode(readWhole(name, MAX_STAMP_BYTES), describe(name));
    if (stamp.head().segment() != number) {
      throw new FormatException(describe(name) + " belongs to another place");
    }
    return stamp;
  }

  /** Keeps a time stamp; durable when it returns. */
  public void writeStamp(StampedHead stamp) throws IOException {
    replace(FileNames.stamp(stamp.head().segment()), stamp.encode());
  }

  /** Reads which instants count where the history was thinned. */
  public Kept readKept(Manifest group) throws IOException {
    Kept kept;
    try {
      kept = Kept.decode(readWhole(FileNames.KEPT, MAX_KEPT_BYTES), describe(FileNames.KEPT));
    } catch (NoSuchFileException e) {
      return Kept.none(group.id());
    }
    if (!kept.group().equals(group.id())) {
      throw new FormatException(describe(FileNames.KEPT) + " belongs to another group");
    }
    return kept;
  }

  /** Replaces which instants count; durable when it returns. */
  public void writeKept(Kept kept) throws IOException {
    replace(FileNames.KEPT, kept.encode());
  }

  /**
   * Which instants are held against retention; none when there is no file.
   *
   * @throws FormatException when it cannot be told
   */
  public Pins readPins(Manifest group) throws IOException {
    Pins pins;
    try {
      pins = Pins.decode(readWhole(FileNames.PINS, MAX_PINS_BYTES), describe(FileNames.PINS));
    } catch (NoSuchFileException e) {
      return Pins.none(group.id());
    }
    if (!pins.group().equals(group.id())) {
      throw new FormatException(describe(FileNames.PINS) + " belongs to another group");
    }
    return pins;
  }

  /** Replaces which instants are held; durable when it returns. */
  public void writePins(Pins pins) throws IOException {
    replace(FileNames.PINS, pins.encode());
  }

  /** What was rewound of a disk and is not filled in yet; empty when nothing is. */
  public Optional<RewindNote> readRewind(Manifest group, int disk) throws IOException {
    String name = FileNames.rewind(disk);
    RewindNote note;
    try {
      note = RewindNote.decode(readWhole(name, MAX_PINS_BYTES), describe(name));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (!note.group().equals(group.id()) || note.disk() != disk) {
      throw new FormatException(describe(name) + " belongs to another disk");
    }
    return Optional.of(note);
  }

  /** Replaces that; durable when it returns. */
  public void writeRewind(RewindNote note) throws IOException {
    replace(FileNames.rewind(note.disk()), note.encode());
  }

  /** Deletes it. */
  public void deleteRewind(int disk) throws IOException {
    storage.delete(FileNames.rewind(disk));
  }

  /** Since when changes are not recorded, or stand in no entries yet; empty when all are. */
  public Optional<GapNote> readGap(Manifest group) throws IOException {
    GapNote note;
    try {
      note = GapNote.decode(readWhole(FileNames.GAP, MAX_PINS_BYTES), describe(FileNames.GAP));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (!note.group().equals(group.id())) {
      throw new FormatException(describe(FileNames.GAP) + " belongs to another group");
    }
    return Optional.of(note);
  }

  /** Sets aside the room for a note, so that one can be written where there is none any more. */
  public void prepareGap() throws IOException {
    if (!storage.exists(FileNames.GAP_ROOM)) {
      replace(FileNames.GAP_ROOM, ByteBuffer.allocate(GapNote.FILE_BYTES));
    }
  }

  /** Replaces that; durable when it returns. Takes no room if that was prepared. */
  public void writeGap(GapNote note) throws IOException {
    if (!storage.exists(FileNames.GAP_ROOM)) {
      replace(FileNames.GAP, note.encode());
      return;
    }
    try (StorageFile file = storage.open(FileNames.GAP_ROOM)) {
      file.write(0, note.encode());
      file.sync();
    }
    storage.rename(FileNames.GAP_ROOM, FileNames.GAP);
    storage.syncDirectory();
  }

  /** Deletes it. */
  public void deleteGap() throws IOException {
    storage.delete(FileNames.GAP);
  }

  /** The name of the file that holds a sealed segment's entries. */
  public static String segmentName(SegmentIndex index) {
    return index.thinned()
        ? FileNames.thinned(index.segment(), index.salt())
        : FileNames.segment(index.segment());
  }

  private void replace(String name, ByteBuffer content) throws IOException {
    String temporary = FileNames.temporary(name);
    storage.delete(temporary);
    try (StorageFile file = storage.create(temporary)) {
      file.write(0, content);
      file.sync();
    }
    storage.rename(temporary, name);
    storage.syncDirectory();
  }

  private ByteBuffer readWhole(String name, int maxBytes) throws IOException {
    try (StorageFile file = storage.openForReading(name)) {
      checkSize(file, maxBytes);
      return file.copy();
    }
  }

  private static void checkSize(StorageFile file, int maxBytes) throws IOException {
    long size = file.size();
    if (size > maxBytes) {
      throw new FormatException(file.describe() + " is too large: " + size + " bytes");
    }
  }

  private String describe(String name) {
    return storage.describe() + "/" + name;
  }

  /** The smallest segment that can hold any entry. */
  public static long minSegmentBytes(int largestPayloadBytes) {
    return SegmentHeader.BYTES + EntryHeader.storedBytes(largestPayloadBytes);
  }
}
