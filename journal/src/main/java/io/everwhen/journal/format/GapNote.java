package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/**
 * That changes go to the disks' images without entries, because the journal has no room, or that
 * what they left does not stand in entries yet. A small text file, replaced as a whole before the
 * first such change, and deleted after the {@link EntryKind#RECORDED}.
 *
 * <pre>
 * everwhen-gap 1
 * group 6f9c1b1e-...
 * after 4711 since 1795305600000000000
 * checksum 1a2b3c4d
 * </pre>
 *
 * @param group whose disks these are
 * @param gap since when
 */
public record GapNote(UUID group, Unrecorded gap) {

  /** Bytes of the file: filled up with line feeds, so that one can be put in its place. */
  public static final int FILE_BYTES = 512;

  private static final String TITLE = "everwhen-gap 1";
  private static final int LINES = 3;
  private static final int WORDS = 4;

  /** The file's bytes. */
  public ByteBuffer encode() {
    ByteBuffer text =
        TextFiles.withChecksum(
            "%s\ngroup %s\nafter %d since %d\n"
                .formatted(TITLE, group, gap.after(), gap.sinceNanos()));
    ByteBuffer file = ByteBuffer.allocate(FILE_BYTES).put(text);
    while (file.hasRemaining()) {
      file.put((byte) '\n');
    }
    return file.flip();
  }

  /**
   * Reads it.
   *
   * @param file its name, for messages
   */
  public static GapNote decode(ByteBuffer bytes, String file) throws FormatException {
    List<String> lines = TextFiles.checkedLines(bytes, file);
    if (lines.size() != LINES || !lines.getFirst().equals(TITLE)) {
      throw new FormatException(file + " is not a note of a gap of version 1");
    }
    try {
      String[] words = lines.get(2).split(" ", -1);
      if (words.length != WORDS || !words[0].equals("after") || !words[2].equals("since")) {
        throw new FormatException(file + " has a line that this Everwhen does not know");
      }
      return new GapNote(
          UUID.fromString(lines.get(1).substring("group ".length())),
          new Unrecorded(Long.parseLong(words[1]), Long.parseLong(words[3])));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new FormatException(file + " is damaged: " + e.getMessage());
    }
  }
}
