package io.everwhen.journal.format;

import org.jspecify.annotations.Nullable;

/** What an entry records. The codes are part of the format. */
public enum EntryKind {
  /** The extent was overwritten with the payload. */
  WRITE(1),
  /** The extent was overwritten with zeros; no payload. */
  ZERO(2),
  /** The extent was deallocated and reads as zeros; no payload. */
  UNMAP(3),
  /** A named instant; the payload is the name in UTF-8. */
  MARK(4),
  /** The initiator asked for durability here; no payload. */
  FLUSH(5),
  /**
   * The wall clock stepped; the payload is the time it showed, 8 bytes, nanoseconds since the
   * epoch.
   */
  CLOCK(6),
  /**
   * The disk got another size; the payload is the new one ({@link NewSize}), and the extent lies
   * between the two. It reads as zeros from now on: what a disk loses it does not get back by
   * growing. Since version 2 of the {@link Manifest}.
   */
  RESIZE(7),
  /**
   * From here on the disk is as it was after an earlier entry ({@link EntryReference}). Where it
   * was changed since, its old content follows in entries of its own ({@link #WRITE}, {@link
   * #UNMAP}); until a {@link #REWOUND} it is what it was then, as far as nothing was recorded after
   * this. Since version 5 of the {@link Manifest}.
   */
  REWIND(8),
  /**
   * All that the REWINDs of this disk changed, from the one on that this refers to, stands in
   * entries after them. Since version 5 of the {@link Manifest}.
   */
  REWOUND(9),
  /**
   * The first entry after changes went to the disks' images without entries, because the journal
   * had no room ({@link Unrecorded}). What they left follows in entries of its own; until a {@link
   * #RECORDED} nobody can tell from entries what the disks hold. Of all disks. Since version 7 of
   * the {@link Manifest}.
   */
  UNRECORDED(10),
  /**
   * All that was changed without entries ({@link Unrecorded}) stands in entries before this. Of all
   * disks. Since version 7 of the {@link Manifest}.
   */
  RECORDED(11);

  private static final EntryKind[] BY_CODE = new EntryKind[12];

  static {
    for (EntryKind kind : values()) {
      BY_CODE[kind.code] = kind;
    }
  }

  private final int code;

  EntryKind(int code) {
    this.code = code;
  }

  /** The number that stands for this kind in a file. */
  public int code() {
    return code;
  }

  /** Whether entries of this kind change the content of their extent. */
  public boolean changesContent() {
    return this == WRITE || zeroes();
  }

  /** Whether the extent reads as zeros afterwards. */
  public boolean zeroes() {
    return this == ZERO || this == UNMAP || this == RESIZE;
  }

  /** Whether the payload is an {@link EntryReference}. */
  public boolean refers() {
    return this == REWIND || this == REWOUND;
  }

  /** Whether the payload is an {@link Unrecorded}. */
  public boolean ofGap() {
    return this == UNRECORDED || this == RECORDED;
  }

  static @Nullable EntryKind ofCode(int code) {
    return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
  }
}
