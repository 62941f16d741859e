package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which instants can still be asked for where a history was thinned: of all entries up to the last
 * of these, only those that one of them needs are sure to be there. A small text file, replaced as
 * a whole before anything is deleted because of it.
 *
 * <pre>
 * everwhen-kept 1
 * group 6f9c1b1e-...
 * turn 7
 * instant 4711 1795305600000000123
 * mark 4800 1795305700000000000
 * checksum 1a2b3c4d
 * </pre>
 *
 * @param group whose history this is
 * @param turn how often this was replaced; 0 when nothing was ever thinned
 * @param instants by sequence; the last is the end of what was thinned
 */
public record Kept(UUID group, long turn, NavigableMap<Long, Instant> instants) {

  private static final String TITLE = "everwhen-kept 1";
  private static final int LINES_BEFORE_INSTANTS = 3;

  /**
   * An instant that is kept.
   *
   * @param timeNanos the stamp of its entry
   * @param mark whether somebody gave it a name
   */
  public record Instant(long timeNanos, boolean mark) {}

  public Kept {
    instants = Collections.unmodifiableNavigableMap(new TreeMap<>(instants));
  }

  /** Of a history that was never thinned. */
  public static Kept none(UUID group) {
    return new Kept(group, 0, new TreeMap<>());
  }

  /** From this entry on, every instant can be asked for; 0 when nothing was thinned. */
  public long end() {
    return instants.isEmpty() ? 0 : instants.lastKey();
  }

  /** The stamp of {@link #end}; the lowest number when nothing was thinned. */
  public long endTimeNanos() {
    return instants.isEmpty() ? Long.MIN_VALUE : instants.lastEntry().getValue().timeNanos;
  }

  /** Whether the disks as of this entry can be asked for, as far as thinning goes. */
  public boolean has(long sequence) {
    return sequence >= end() || instants.containsKey(sequence);
  }

  /** The last of these at or before an entry; null when there is none. */
  public Map.@Nullable Entry<Long, Instant> atOrBefore(long sequence) {
    return instants.floorEntry(sequence);
  }

  /** The first of these at or after an entry that is not behind the end. */
  public Map.Entry<Long, Instant> atOrAfter(long sequence) {
    Map.Entry<Long, Instant> found = instants.ceilingEntry(sequence);
    if (found == null) {
      throw new IllegalArgumentException("entry " + sequence + " is behind what was thinned");
    }
    return found;
  }

  /** The last of these that is stamped at or before a time; null when there is none. */
  public Map.@Nullable Entry<Long, Instant> atOrBeforeTime(long timeNanos) {
    Map.Entry<Long, Instant> found = null;
    for (Map.Entry<Long, Instant> each : instants.entrySet()) {
      if (each.getValue().timeNanos > timeNanos) {
        break;
      }
      found = each;
    }
    return found;
  }

  /** The file's bytes. */
  public ByteBuffer encode() {
    StringBuilder text = new StringBuilder(TITLE).append('\n');
    text.append("group ").append(group).append('\n');
    text.append("turn ").append(turn).append('\n');
    instants.forEach((sequence, instant) ->
        text.append(instant.mark ? "mark " : "instant ")
            .append(sequence)
            .append(' ')
            .append(instant.timeNanos)
            .append('\n'));
    return TextFiles.withChecksum(text.toString());
  }

  /**
   * Reads it.
   *
   * @param name of the file, for messages
   */
  public static Kept decode(ByteBuffer bytes, String name) throws FormatException {
    List<String> lines = TextFiles.checkedLines(bytes, name);
    if (lines.size() <= LINES_BEFORE_INSTANTS || !lines.getFirst().equals(TITLE)) {
      throw new FormatException(name + " is not a list of kept instants of version 1");
    }
    try {
      NavigableMap<Long, Instant> instants = new TreeMap<>();
      for (String line : lines.subList(LINES_BEFORE_INSTANTS, lines.size())) {
        String[] words = line.split(" ", -1);
        boolean mark = words[0].equals("mark");
        if (words.length != 3 || (!mark && !words[0].equals("instant"))) {
          throw new FormatException(name + " has a line that this Everwhen does not know: " + line);
        }
        instants.put(Long.parseLong(words[1]), new Instant(Long.parseLong(words[2]), mark));
      }
      UUID group = UUID.fromString(lines.get(1).substring("group ".length()));
      return new Kept(group, Long.parseLong(lines.get(2).substring("turn ".length())), instants);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new FormatException(name + " is damaged: " + e.getMessage());
    }
  }
}
