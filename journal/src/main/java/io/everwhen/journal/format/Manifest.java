package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a group is, and where its history begins. A small text file, replaced as a whole.
 *
 * <pre>
 * everwhen-group 2
 * id 6f9c1b1e-...
 * disk 0 disk0 size 1073741824 block 512
 * baseline sequence 0 time 1795305600000000000 segment 0 chain 0 seal 0000...
 * folding 0
 * checksum 1a2b3c4d
 * </pre>
 *
 * <p>Versions 1 and 3 are the same with another title, which is all that keeps a program from
 * taking what it does not know for damage: where version 1 stands, the journal holds no {@link
 * EntryKind#RESIZE}; where version 3 does, some entries may be {@linkplain EntryHeader#encoding
 * encoded}. In version 4 a line says that for itself, and some disks are {@linkplain Disk#adopted
 * adopted}. Version 5 has such lines as well, and one that says that there may be {@link
 * EntryKind#REWIND}s. Version 6 is that of a branch, with a line that says where its content is
 * that it does not hold itself. Version 7 says that there may be gaps ({@link
 * EntryKind#UNRECORDED}).
 *
 * @param id of the group
 * @param disks by number, from 0
 * @param baseline the oldest content that is kept
 * @param folding the segment that is being folded into the baseline, or 0. While it is not 0 the
 *     baseline holds some of that segment's entries already, and history begins after them
 * @param encodes whether there may be encoded entries
 * @param encrypts whether some of them may be encrypted, with keys in a {@link KeysFile}; the last
 *     line but one says so
 * @param rewinds whether disks may have been rewound
 * @param origin what the only disk holds where nothing was recorded; null when that is in its
 *     baseline
 * @param gaps whether there may be changes that were not recorded
 */
public record Manifest(
    UUID id,
    List<Disk> disks,
    Baseline baseline,
    long folding,
    boolean encodes,
    boolean encrypts,
    boolean rewinds,
    @Nullable Origin origin,
    boolean gaps) {

  private static final String TITLE_WORD = "everwhen-group";
  private static final String TITLE = TITLE_WORD + " 2";
  private static final String FIRST_TITLE = TITLE_WORD + " 1";
  private static final String ENCODING_TITLE = TITLE_WORD + " 3";
  private static final String ADOPTING_TITLE = TITLE_WORD + " 4";
  private static final String REWINDING_TITLE = TITLE_WORD + " 5";
  private static final String BRANCH_TITLE = TITLE_WORD + " 6";
  private static final String GAPS_TITLE = TITLE_WORD + " 7";
  private static final List<String> TITLES =
      List.of(
          FIRST_TITLE,
          TITLE,
          ENCODING_TITLE,
          ADOPTING_TITLE,
          REWINDING_TITLE,
          BRANCH_TITLE,
          GAPS_TITLE);
  private static final String ADOPTED = "adopted";
  private static final int DISK_WORDS = 7;
  private static final int ORIGIN_WORDS = 9;

  /**
   * Once a segment was folded, every disk has its baseline in files: nothing is to be said then.
   */
  public Manifest {
    disks =
        baseline.segment > 0
            ? disks.stream().map(Disk::withoutContent).toList()
            : List.copyOf(disks);
    if (origin != null && (disks.size() != 1 || baseline.segment > 0 || disks.getFirst().adopted)) {
      throw new IllegalArgumentException("a branch has one disk, and no baseline of its own");
    }
  }

  /** A group without encoded entries. */
  public Manifest(UUID id, List<Disk> disks, Baseline baseline, long folding) {
    this(id, disks, baseline, folding, false, false, false, null, false);
  }

  /**
   * The past of a disk of another group, with which a branch begins.
   *
   * @param group which
   * @param disk its number in that
   * @param sequence of the last entry that belongs to it; pinned there
   * @param journal where the group's journal is, seen from the branch's
   */
  public record Origin(UUID group, int disk, long sequence, String journal) {

    /**
     * An origin.
     *
     * @throws IllegalArgumentException when the place cannot be written in one line
     */
    public Origin {
      if (journal.isBlank() || journal.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException(
            "a branch cannot be made of a journal whose path has control characters: " + journal);
      }
    }
  }

  /**
   * A disk of the group.
   *
   * @param number within the group
   * @param name as people call it
   * @param sizeBytes its size at the baseline
   * @param blockBytes its logical block
   * @param adopted whether it came with content, which is in its baseline's files although no
   *     segment was folded yet
   */
  public record Disk(int number, String name, long sizeBytes, int blockBytes, boolean adopted) {

    /** A disk that is empty when it comes. */
    public Disk(int number, String name, long sizeBytes, int blockBytes) {
      this(number, name, sizeBytes, blockBytes, false);
    }

    /** The same with content when it comes. */
    public Disk withContent() {
      return new Disk(number, name, sizeBytes, blockBytes, true);
    }

    private Disk withoutContent() {
      return new Disk(number, name, sizeBytes, blockBytes);
    }
  }

  /**
   * A content of all disks of the group.
   *
   * @param sequence of the last entry in it; 0 for the empty disks at the beginning
   * @param timeNanos the stamp of that entry, or when the group was created
   * @param segment the last segment that was folded into it, or 0
   * @param chain the checksum of that entry's header, or 0
   * @param seal of that segment (hexadecimal), or 64 zeros
   */
  public record Baseline(long sequence, long timeNanos, long segment, int chain, String seal) {

    private static final String NO_SEAL = "0".repeat(64);

    /** Empty disks. */
    public static Baseline empty(long timeNanos) {
      return new Baseline(0, timeNanos, 0, 0, NO_SEAL);
    }

    /** {@link #seal} as bytes. */
    public byte[] sealBytes() {
      return HexFormat.of().parseHex(seal);
    }
  }

  /**
   * Whether the baseline of a disk is in files, which then have to be there; else it is the empty
   * disk.
   */
  public boolean hasBaseline(Disk disk) {
    return baseline.segment > 0 || disk.adopted;
  }

  /**
   * The same group with another baseline, and nothing being folded.
   *
   * @param sizes of the disks there, in bytes, by number
   */
  public Manifest withBaseline(Baseline next, long[] sizes) {
    List<Disk> there =
        disks.stream()
            .map(disk -> new Disk(disk.number, disk.name, sizes[disk.number], disk.blockBytes))
            .toList();
    return new Manifest(id, there, next, 0, encodes, encrypts, rewinds, origin, gaps);
  }

  /** The same group with one more disk. */
  public Manifest withDisk(Disk disk) {
    if (disk.number() != disks.size()) {
      throw new IllegalArgumentException(
          "the next disk has number %d, not %d".formatted(disks.size(), disk.number()));
    }
    List<Disk> all = new ArrayList<>(disks);
    all.add(disk);
    return new Manifest(id, all, baseline, folding, encodes, encrypts, rewinds, origin, gaps);
  }

  /** The same group while a segment is being folded. */
  public Manifest withFolding(long segment) {
    return new Manifest(id, disks, baseline, segment, encodes, encrypts, rewinds, origin, gaps);
  }

  /** The same group with entries that may be encoded. */
  public Manifest withEncoding() {
    return new Manifest(id, disks, baseline, folding, true, encrypts, rewinds, origin, gaps);
  }

  /** The same group with entries that may be encrypted. */
  public Manifest withEncryption() {
    return new Manifest(id, disks, baseline, folding, true, true, rewinds, origin, gaps);
  }

  /** The same group, whose disks may have been rewound. */
  public Manifest withRewinds() {
    return new Manifest(id, disks, baseline, folding, encodes, encrypts, true, origin, gaps);
  }

  /** The same group, of which some changes may not have been recorded. */
  public Manifest withGaps() {
    return new Manifest(id, disks, baseline, folding, encodes, encrypts, rewinds, origin, true);
  }

  /** The same group, whose disk begins as a disk of another group was. */
  public Manifest withOrigin(@Nullable Origin other) {
    return new Manifest(id, disks, baseline, folding, encodes, encrypts, rewinds, other, gaps);
  }

  /** The same group when all that its disk began with is in its own baseline. */
  public Manifest withOwnBaseline() {
    List<Disk> own = disks.stream().map(Disk::withContent).toList();
    return new Manifest(id, own, baseline, folding, encodes, encrypts, rewinds, null, gaps);
  }

  /** Whether these are the bytes of a manifest of the first version, damaged or not. */
  public static boolean isFirst(ByteBuffer bytes) {
    return StandardCharsets.UTF_8
        .decode(bytes.duplicate())
        .toString()
        .startsWith(FIRST_TITLE + "\n");
  }

  /**
   * The manifest as bytes: of version 7 if there may be gaps, else of version 6 if this is a
   * branch, else of version 5 if disks may have been rewound, else of version 4 if there are
   * adopted ones, else of version 3 if there may be encoded entries, else of version 2.
   */
  public ByteBuffer encode() {
    boolean adopting = disks.stream().anyMatch(Disk::adopted);
    boolean explicit = adopting || rewinds || gaps || origin != null;
    StringBuilder text = new StringBuilder(title(adopting)).append('\n');
    text.append("id ").append(id).append('\n');
    for (Disk disk : disks) {
      text.append(
          "disk %d %s size %d block %d%s\n"
              .formatted(
                  disk.number,
                  disk.name,
                  disk.sizeBytes,
                  disk.blockBytes,
                  disk.adopted ? " " + ADOPTED : ""));
    }
    text.append(
        "baseline sequence %d time %d segment %d chain %d seal %s\n"
            .formatted(
                baseline.sequence,
                baseline.timeNanos,
                baseline.segment,
                baseline.chain,
                baseline.seal));
    text.append("folding ").append(folding).append('\n');
    text.append(explicit && encodes ? "encoded\n" : "");
    text.append(rewinds ? "rewinds\n" : "");
    text.append(gaps ? "gaps\n" : "");
    if (origin != null) {
      text.append(
          "origin group %s disk %d sequence %d journal %s\n"
              .formatted(origin.group, origin.disk, origin.sequence, origin.journal));
    }
    text.append(encrypts ? "encrypted\n" : "");
    return TextFiles.withChecksum(text.toString());
  }

  private String title(boolean adopting) {
    String plain = encodes ? ENCODING_TITLE : TITLE;
    String alone = rewinds ? REWINDING_TITLE : adopting ? ADOPTING_TITLE : plain;
    return gaps ? GAPS_TITLE : origin != null ? BRANCH_TITLE : alone;
  }

  /**
   * Reads a manifest.
   *
   * @param name of the file, for messages
   */
  public static Manifest decode(ByteBuffer bytes, String name) throws FormatException {
    // Before the checksum: a newer version may have another.
    String title = StandardCharsets.UTF_8.decode(bytes.duplicate()).toString().split("\n", 2)[0];
    if (!TITLES.contains(title)) {
      throw new FormatException(
          title.matches(TITLE_WORD + " [0-9]{1,9}")
              ? "%s is of format version %s; this Everwhen reads versions 1 to 7"
                  .formatted(name, title.substring(TITLE_WORD.length() + 1))
              : name + " is not a group's manifest: its first line is wrong");
    }
    List<String> lines = TextFiles.checkedLines(bytes, name);
    UUID id = null;
    List<Disk> disks = new ArrayList<>();
    Baseline baseline = null;
    long folding = 0;
    boolean encodes = title.equals(ENCODING_TITLE);
    boolean encrypts = false;
    boolean rewinds = false;
    boolean gaps = false;
    Origin origin = null;
    try {
      for (String line : lines.subList(1, lines.size())) {
        String[] w = line.split(" ", -1);
        switch (w[0]) {
          case "id" -> id = UUID.fromString(w[1]);
          case "disk" -> disks.add(disk(w));
          case "baseline" ->
              baseline =
                  new Baseline(
                      Long.parseLong(w[2]),
                      Long.parseLong(w[4]),
                      Long.parseLong(w[6]),
                      Integer.parseInt(w[8]),
                      w[10]);
          case "encoded" -> encodes = true;
          case "encrypted" -> encrypts = true;
          case "rewinds" -> rewinds = true;
          case "gaps" -> gaps = true;
          case "origin" -> origin = origin(line.split(" ", ORIGIN_WORDS));
          case "folding" -> folding = Long.parseLong(w[1]);
          default ->
              throw new FormatException(
                  name + " has a line that this Everwhen does not know: " + line);
        }
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new FormatException(name + " has a line that cannot be read: " + e.getMessage());
    }
    if (id == null || baseline == null || disks.isEmpty()) {
      throw new FormatException(name + " is incomplete");
    }
    for (int i = 0; i < disks.size(); i++) {
      if (disks.get(i).number != i) {
        throw new FormatException(name + " lists its disks out of order");
      }
    }
    try {
      return new Manifest(id, disks, baseline, folding, encodes, encrypts, rewinds, origin, gaps);
    } catch (IllegalArgumentException e) {
      throw new FormatException(name + " contradicts itself: " + e.getMessage());
    }
  }

  private static Origin origin(String[] words) {
    return new Origin(
        UUID.fromString(words[2]), Integer.parseInt(words[4]), Long.parseLong(words[6]), words[8]);
  }

  private static Disk disk(String[] words) {
    Disk disk =
        new Disk(
            Integer.parseInt(words[1]),
            words[2],
            Long.parseLong(words[4]),
            Integer.parseInt(words[6]));
    if (words.length == DISK_WORDS) {
      return disk;
    }
    if (words.length > DISK_WORDS + 1 || !words[DISK_WORDS].equals(ADOPTED)) {
      throw new IllegalArgumentException("unknown words after the disk " + disk.name);
    }
    return disk.withContent();
  }
}
