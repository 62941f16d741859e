package io.everwhen.journal.format;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of the files in a group's journal directory, and of a disk's files beside its image.
 */
public final class FileNames {

  /** The manifest. */
  public static final String MANIFEST = "group";

  /** Held exclusively by the process that writes the journal. */
  public static final String WRITER_LOCK = "writer.lock";

  /** The end of the chain of seals, signed. */
  public static final String HEAD = "head";

  /**
   * Held shared by whoever reads history, and exclusively while segments are folded into the
   * baseline.
   */
  public static final String READER_LOCK = "reader.lock";

  /** Which instants count where the history was thinned. */
  public static final String KEPT = "kept";

  /** Which instants are held against retention. */
  public static final String PINS = "pins";

  /** The {@link GapNote} of a group. */
  public static final String GAP = "gap";

  /** Room for one, of no meaning. */
  public static final String GAP_ROOM = "gap.room";

  /** The keys of encrypted payloads, wrapped. */
  public static final String KEYS = "keys";

  /** The current content of a disk. */
  public static final String IMAGE = "image";

  /** Up to which entry the image is complete. */
  public static final String CHECKPOINT = "checkpoint";

  private static final String SEGMENT = "segment-";
  private static final String INDEX = "index-";
  private static final String STAMP = "stamp-";
  private static final String BASELINE = "baseline-";
  private static final String SUMS = ".sums";
  private static final Pattern BASELINE_FILE = Pattern.compile("baseline-([0-9]{1,9})(\\.sums)?");
  private static final Pattern THINNED = Pattern.compile("thinned-([0-9]{10,18})-([0-9a-f]{16})");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{10,18}");

  private FileNames() {}

  /** The segment with this number. */
  public static String segment(long number) {
    return SEGMENT + "%010d".formatted(number);
  }

  /** What is left of the segment with this number after thinning, in a file with this salt. */
  public static String thinned(long number, long salt) {
    return "thinned-%010d-%016x".formatted(number, salt);
  }

  /** The number in the name of what is left of a segment; empty when it is not one. */
  public static OptionalLong thinnedNumber(String name) {
    Matcher matcher = THINNED.matcher(name);
    return matcher.matches()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }

  /** The index of the sealed segment with this number. */
  public static String index(long number) {
    return INDEX + "%010d".formatted(number);
  }

  /** The time stamp of the head that named this segment. */
  public static String stamp(long number) {
    return STAMP + "%010d".formatted(number);
  }

  /** The content of a disk at the baseline. */
  public static String baseline(int disk) {
    return BASELINE + disk;
  }

  /** That a disk is going to be rewound, or is not filled in yet. */
  public static String rewind(int disk) {
    return "rewind-" + disk;
  }

  /** The checksums of {@link #baseline}. */
  public static String baselineSums(int disk) {
    return BASELINE + disk + SUMS;
  }

  /** The disk of a baseline, or of its checksums; empty when it is neither. */
  public static OptionalInt baselineDisk(String name) {
    Matcher matcher = BASELINE_FILE.matcher(name);
    return matcher.matches()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /** The name of a file that is being written to replace {@code name}. */
  public static String temporary(String name) {
    return name + ".tmp";
  }

  /** The number in the name of a segment; empty when it is not one. */
  public static OptionalLong segmentNumber(String name) {
    return number(name, SEGMENT);
  }

  /** The number in the name of an index; empty when it is not one. */
  public static OptionalLong indexNumber(String name) {
    return number(name, INDEX);
  }

  /** The number in the name of a time stamp; empty when it is not one. */
  public static OptionalLong stampNumber(String name) {
    return number(name, STAMP);
  }

  private static OptionalLong number(String name, String prefix) {
    if (!name.startsWith(prefix)
        || !NUMBER.matcher(name).region(prefix.length(), name.length()).matches()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(Long.parseLong(name, prefix.length(), name.length(), 10));
  }
}
