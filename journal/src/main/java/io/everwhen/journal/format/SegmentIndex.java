package io.everwhen.journal.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a segment holds, sorted by place on the disk. The index of a sealed segment is a file beside
 * it, and seals it.
 *
 * <pre>
 * header, 256 bytes
 *   0  magic            8 bytes  "EVERWIDX"
 *   8  version          u32      1; 2 for a segment that was thinned
 *  12  extents          u32      number of extent records
 *  16  group            16 bytes UUID
 *  32  segment          u64      number
 *  40  salt             u64      of the segment
 *  48  first sequence   u64
 *  56  last sequence    u64
 *  64  first time       u64
 *  72  last time        u64
 *  80  data length      u64      bytes of the segment file that count, its header included
 *  88  first chain      u32      chain field of the first entry
 *  92  last checksum    u32      checksum of the last entry's header: the next segment's first chain
 *  96  times            u32      number of time records
 * 100  events           u32      number of event records
 * 104  longest extent   u64      sectors
 * 112  content          32 bytes SHA-256 of the segment file's first "data length" bytes
 * 144  previous seal    32 bytes SHA-256 of the previous segment's whole index file
 * 176  stands for       32 bytes version 2: the seal that the segment had before it was thinned
 * 208  turn             u64      version 2: of the {@link Kept} by which it was thinned
 * 252  checksum         u32      CRC32C of bytes 0..251
 * extent records, 24 bytes, ordered by key, then sequence
 *   0  key              u64      disk &lt;&lt; 48 | first sector (of 512 bytes)
 *   8  length           u64      sectors
 *  16  sequence         u32      minus the first sequence; the highest bit is set when the extent reads as zeros
 *  20  place            u32      of the entry in the segment file, in units of 8 bytes
 * time records, 16 bytes: every 128th entry that is there, beginning with the first
 *   0  time             u64
 *   8  sequence         u32      minus the first sequence
 *  12  place            u32
 * event records, 8 bytes: marks, clock steps, resizes and rewinds
 *   0  sequence         u32      minus the first sequence; the highest bit is set for a resize, the next for REWIND, REWOUND, UNRECORDED and RECORDED
 *   4  place            u32
 * trailer
 *   0  checksum         u32      CRC32C of everything between header and trailer
 * </pre>
 *
 * <p>Of a segment that was thinned, first and last sequence, time and chain are those that it had,
 * and so the index stands where the one before stood; entries in between are missing.
 *
 * <p>Immutable; any thread. Its records may be in a mapped file: then using them after that was
 * unmapped is an {@link IllegalStateException}, and an {@link InternalError} when the volume fails
 * to read it.
 */
public final class SegmentIndex {

  /** Bytes of a sector, the unit of extents in an index. */
  public static final int SECTOR_BYTES = 512;

  static final int HEADER_BYTES = 256;
  static final int EXTENT_BYTES = 24;
  static final int TIME_BYTES = 16;
  static final int EVENT_BYTES = 8;
  static final int TRAILER_BYTES = 4;
  static final int ENTRIES_PER_TIME = 128;
  static final int HASH_BYTES = 32;

  /** Where the number of the disk begins in the key of an extent; below it is the sector. */
  public static final int KEY_DISK_SHIFT = 48;

  static final int MAX_DISK = 0xFFFF;
  static final int ZEROES = 0x80000000;
  static final int RESIZES = 0x80000000;
  static final int REWINDS = 0x40000000;

  private static final long MAGIC = 0x5844495752455645L;
  private static final int VERSION = 1;
  private static final int THINNED_VERSION = 2;
  private static final int CHECKED_BYTES = 64 << 10;

  // Read so often that it is kept apart, on the heap, wherever the records are.
  private final ByteBuffer header;
  private final ByteBuffer bytes;

  private SegmentIndex(ByteBuffer header, ByteBuffer bytes) {
    this.header = header;
    this.bytes = bytes;
  }

  /** From where a file is read while it is checked. */
  @FunctionalInterface
  public interface Content {

    /** Fills {@code into} from {@code position} on. */
    void read(int position, ByteBuffer into) throws IOException;
  }

  /** Checks and wraps a whole index file. */
  public static SegmentIndex decode(ByteBuffer file, String name) throws FormatException {
    ByteBuffer b = file.slice();
    try {
      return decode(b, (at, into) -> into.put(b.slice(at, into.remaining())), name);
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks and wraps a whole index file that may be mapped: by way of {@code content}, piece by
   * piece, so that afterwards no more of it is in memory than is needed.
   */
  public static SegmentIndex decode(ByteBuffer file, Content content, String name)
      throws IOException {
    ByteBuffer b = file.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (b.limit() < HEADER_BYTES + TRAILER_BYTES) {
      throw notAnIndex(name);
    }
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    content.read(0, header);
    checkHeader(header.flip(), name);
    SegmentIndex index = new SegmentIndex(header, b);
    long end =
        HEADER_BYTES
            + Integer.toUnsignedLong(index.extents()) * EXTENT_BYTES
            + Integer.toUnsignedLong(index.times()) * TIME_BYTES
            + Integer.toUnsignedLong(index.events()) * EVENT_BYTES;
    if (end + TRAILER_BYTES != b.limit() || !isSound(content, (int) end)) {
      throw new FormatException(name + " is damaged: its checksum does not match");
    }
    return index;
  }

  private static void checkHeader(ByteBuffer header, String name) throws FormatException {
    if (header.getLong(0) != MAGIC) {
      throw notAnIndex(name);
    }
    // Before the checksum: a newer version may have another.
    int version = header.getInt(8);
    if (version != VERSION && version != THINNED_VERSION) {
      throw new FormatException(
          name + " is of format version " + version + "; this Everwhen reads versions 1 and 2");
    }
    if (header.getInt(252) != checksum(header, 0, 252)) {
      throw new FormatException(name + " has a damaged header: its checksum does not match");
    }
  }

  private static FormatException notAnIndex(String name) {
    return new FormatException(
        name + " is not an index: its first bytes are wrong or it is too short");
  }

  /** Whether what is between header and trailer has the trailer's checksum. */
  private static boolean isSound(Content content, int end) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer piece =
        ByteBuffer.allocate(Math.min(end, CHECKED_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = HEADER_BYTES; at < end; at += piece.limit()) {
      piece.clear().limit(Math.min(piece.capacity(), end - at));
      content.read(at, piece);
      crc.update(piece.flip());
    }
    content.read(end, piece.clear().limit(TRAILER_BYTES));
    return piece.getInt(0) == (int) crc.getValue();
  }

  /** The header's fixed fields; the records are put in by {@link SegmentIndexBuilder}. */
  static void encodeHeader(
      ByteBuffer b,
      SegmentHeader segment,
      int extents,
      int times,
      int events,
      @Nullable EntryHeader first,
      @Nullable EntryHeader last,
      long dataLength,
      long longestExtent,
      byte[] content,
      byte[] previousSeal) {
    b.putLong(0, MAGIC).putInt(8, VERSION).putInt(12, extents);
    Uuids.put(b, 16, segment.group());
    b.putLong(32, segment.number()).putLong(40, segment.salt());
    if (first != null && last != null) {
      b.putLong(48, first.sequence()).putLong(56, last.sequence());
      b.putLong(64, first.timeNanos()).putLong(72, last.timeNanos());
      b.putInt(88, first.chain()).putInt(92, last.checksum());
    }
    b.putLong(80, dataLength).putInt(96, times).putInt(100, events).putLong(104, longestExtent);
    b.put(112, content).put(144, previousSeal);
    b.putInt(252, checksum(b, 0, 252));
  }

  /** Puts an index in the place of the one that its segment had before it was thinned. */
  static void encodeThinned(ByteBuffer b, Origin origin) {
    b.putInt(8, THINNED_VERSION);
    b.putLong(48, origin.firstSequence()).putLong(56, origin.lastSequence());
    b.putLong(64, origin.firstTimeNanos()).putLong(72, origin.lastTimeNanos());
    b.putInt(88, origin.firstChain()).putInt(92, origin.lastChecksum());
    b.put(176, HexFormat.of().parseHex(origin.seal())).putLong(208, origin.turn());
    b.putInt(252, checksum(b, 0, 252));
  }

  static int checksum(ByteBuffer b, int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(b.duplicate().limit(to).position(from));
    return (int) crc.getValue();
  }

  /** The whole file. */
  public ByteBuffer encoded() {
    return bytes.duplicate();
  }

  /**
   * What the next index holds as its previous seal: SHA-256 of the whole file as the segment was
   * sealed; of a thinned one, of the file for which this one stands.
   */
  public byte[] seal() {
    if (thinned()) {
      return hash(176);
    }
    MessageDigest digest = sha256();
    digest.update(bytes.duplicate());
    return digest.digest();
  }

  /** Whether only some of the segment's entries are left. */
  public boolean thinned() {
    return header.getInt(8) == THINNED_VERSION;
  }

  /** The turn of the {@link Kept} by which it was thinned; 0 when it was not. */
  public long turn() {
    return header.getLong(208);
  }

  public UUID group() {
    return Uuids.get(header, 16);
  }

  public long segment() {
    return header.getLong(32);
  }

  public long salt() {
    return header.getLong(40);
  }

  public long firstSequence() {
    return header.getLong(48);
  }

  public long lastSequence() {
    return header.getLong(56);
  }

  public long firstTimeNanos() {
    return header.getLong(64);
  }

  public long lastTimeNanos() {
    return header.getLong(72);
  }

  public long dataLength() {
    return header.getLong(80);
  }

  public int firstChain() {
    return header.getInt(88);
  }

  public int lastChecksum() {
    return header.getInt(92);
  }

  public byte[] content() {
    return hash(112);
  }

  public byte[] previousSeal() {
    return hash(144);
  }

  /** {@link #previousSeal} as a manifest writes it. */
  public String previousSealText() {
    return HexFormat.of().formatHex(previousSeal());
  }

  /** Number of extent records. */
  public int extents() {
    return header.getInt(12);
  }

  public int extentDisk(int i) {
    return (int) (bytes.getLong(extentAt(i)) >>> KEY_DISK_SHIFT);
  }

  public long extentOffset(int i) {
    return (bytes.getLong(extentAt(i)) & ((1L << KEY_DISK_SHIFT) - 1)) * SECTOR_BYTES;
  }

  public long extentLength(int i) {
    return bytes.getLong(extentAt(i) + 8) * SECTOR_BYTES;
  }

  public long extentSequence(int i) {
    return firstSequence() + (bytes.getInt(extentAt(i) + 16) & ~ZEROES);
  }

  /** Whether the extent reads as zeros: its entry has no payload. */
  public boolean extentZeroes(int i) {
    return (bytes.getInt(extentAt(i) + 16) & ZEROES) != 0;
  }

  /** Where in the segment file the extent's entry begins. */
  public long extentPlace(int i) {
    return place(extentAt(i) + 20);
  }

  /** The longest of all extents, in bytes. */
  public long longestExtent() {
    return header.getLong(104) * SECTOR_BYTES;
  }

  /** The first record behind those of {@code disk} and of the disks before it. */
  public int extentsEnd(int disk) {
    return disk == MAX_DISK ? extents() : firstExtentReaching(disk + 1, 0);
  }

  /**
   * The first record that may overlap {@code offset} or anything behind it on {@code disk}; {@link
   * #extents} if none.
   */
  public int firstExtentReaching(int disk, long offset) {
    long key =
        (long) disk << KEY_DISK_SHIFT
            | Math.max(0, offset / SECTOR_BYTES - header.getLong(104) + 1);
    int low = 0;
    int high = extents();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(bytes.getLong(extentAt(middle)), key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * The place of the entry from which a walk forward finds the first entry stamped after {@code
   * timeNanos}.
   */
  public long placeBefore(long timeNanos) {
    int found = 0;
    for (int low = 1, high = times() - 1; low <= high; ) {
      int middle = (low + high) >>> 1;
      if (bytes.getLong(timeAt(middle)) <= timeNanos) {
        found = middle;
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return place(timeAt(found) + 12);
  }

  /** The place of an entry at or before {@code sequence}, at most 128 entries away. */
  public long placeAtOrBefore(long sequence) {
    if (thinned()) {
      return SegmentHeader.BYTES;
    }
    int record = Math.clamp((sequence - firstSequence()) / ENTRIES_PER_TIME, 0, times() - 1);
    return place(timeAt(record) + 12);
  }

  /** The places of all entries that there are records of, ascending. */
  public long[] places() {
    LongStream.Builder places = LongStream.builder();
    for (int i = 0; i < extents(); i++) {
      places.add(extentPlace(i));
    }
    for (int i = 0; i < times(); i++) {
      places.add(place(timeAt(i) + 12));
    }
    for (int i = 0; i < events(); i++) {
      places.add(eventPlace(i));
    }
    return places.build().sorted().distinct().toArray();
  }

  /** Number of event records. */
  public int events() {
    return header.getInt(100);
  }

  /** Where in the segment file the event's entry begins. */
  public long eventPlace(int i) {
    return place(eventsAt() + i * EVENT_BYTES + 4);
  }

  /** The entry that the event is. */
  public long eventSequence(int i) {
    return firstSequence() + (bytes.getInt(eventsAt() + i * EVENT_BYTES) & ~(RESIZES | REWINDS));
  }

  /** Whether the event gave a disk another size. */
  public boolean eventResizes(int i) {
    return (bytes.getInt(eventsAt() + i * EVENT_BYTES) & RESIZES) != 0;
  }

  /** Whether the event rewound a disk, or ended that. */
  public boolean eventRewinds(int i) {
    return (bytes.getInt(eventsAt() + i * EVENT_BYTES) & REWINDS) != 0;
  }

  private int times() {
    return header.getInt(96);
  }

  private int extentAt(int i) {
    return HEADER_BYTES + i * EXTENT_BYTES;
  }

  private int timeAt(int i) {
    return extentAt(extents()) + i * TIME_BYTES;
  }

  private int eventsAt() {
    return timeAt(times());
  }

  private long place(int at) {
    return (bytes.getInt(at) & 0xFFFFFFFFL) * EntryHeader.ALIGNMENT_BYTES;
  }

  private byte[] hash(int at) {
    byte[] hash = new byte[HASH_BYTES];
    header.get(at, hash);
    return hash;
  }

  /** A fresh SHA-256. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
