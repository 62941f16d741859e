package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * That a disk is going to be rewound, or that this is not filled in yet. A small text file,
 * replaced as a whole before the entry is written, and deleted after the {@link EntryKind#REWOUND}.
 *
 * <pre>
 * everwhen-rewind 1
 * group 6f9c1b1e-...
 * disk 0
 * to 4711 after 9000
 * checksum 1a2b3c4d
 * </pre>
 *
 * @param group of the disk
 * @param disk its number
 * @param steps oldest first: more than one when it was rewound again before it was filled in
 */
public record RewindNote(UUID group, int disk, List<Step> steps) {

  private static final String TITLE = "everwhen-rewind 1";
  private static final int LINES_BEFORE_STEPS = 3;
  private static final int WORDS = 4;

  /**
   * A rewind. It took place if there is a {@link EntryKind#REWIND} to {@code to} behind {@code
   * after}.
   *
   * @param to the entry after which the disk was as it is to be again
   * @param after the last entry before it
   */
  public record Step(long to, long after) {}

  public RewindNote {
    steps = List.copyOf(steps);
  }

  /** With one more. */
  public RewindNote with(Step step) {
    List<Step> more = new ArrayList<>(steps);
    more.add(step);
    return new RewindNote(group, disk, more);
  }

  /** The file's bytes. */
  public ByteBuffer encode() {
    StringBuilder text = new StringBuilder(TITLE).append('\n');
    text.append("group ").append(group).append('\n');
    text.append("disk ").append(disk).append('\n');
    for (Step step : steps) {
      text.append("to %d after %d\n".formatted(step.to, step.after));
    }
    return TextFiles.withChecksum(text.toString());
  }

  /**
   * Reads it.
   *
   * @param file its name, for messages
   */
  public static RewindNote decode(ByteBuffer bytes, String file) throws FormatException {
    List<String> lines = TextFiles.checkedLines(bytes, file);
    if (lines.size() <= LINES_BEFORE_STEPS || !lines.getFirst().equals(TITLE)) {
      throw new FormatException(file + " is not a note of a rewind of version 1");
    }
    try {
      List<Step> steps = new ArrayList<>();
      for (String line : lines.subList(LINES_BEFORE_STEPS, lines.size())) {
        String[] words = line.split(" ", -1);
        if (words.length != WORDS || !words[0].equals("to") || !words[2].equals("after")) {
          throw new FormatException(file + " has a line that this Everwhen does not know: " + line);
        }
        steps.add(new Step(Long.parseLong(words[1]), Long.parseLong(words[3])));
      }
      return new RewindNote(
          UUID.fromString(lines.get(1).substring("group ".length())),
          Integer.parseInt(lines.get(2).substring("disk ".length())),
          steps);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new FormatException(file + " is damaged: " + e.getMessage());
    }
  }
}
