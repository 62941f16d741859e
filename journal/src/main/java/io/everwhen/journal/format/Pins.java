package io.everwhen.journal.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The instants of a group that are held against retention, each by a name: neither thinning nor
 * folding takes them away. A small text file, replaced as a whole.
 *
 * <pre>
 * everwhen-pins 1
 * group 6f9c1b1e-...
 * pin 4711 1795305600000000123 before the upgrade
 * checksum 1a2b3c4d
 * </pre>
 *
 * @param group whose instants these are
 * @param pins by sequence
 */
public record Pins(UUID group, List<Pin> pins) {

  /** More than these would make thinning slow. */
  public static final int MAX_PINS = 1000;

  /** How long a name can be, in bytes of UTF-8. */
  public static final int MAX_NAME_BYTES = 255;

  private static final String TITLE = "everwhen-pins 1";
  private static final int LINES_BEFORE_PINS = 2;
  private static final int WORDS = 4;

  /**
   * An instant that is held.
   *
   * @param name by which it can be let go, in one line
   * @param sequence of the last entry that belongs to it
   * @param timeNanos the stamp of that
   */
  public record Pin(String name, long sequence, long timeNanos) {

    /**
     * A pin.
     *
     * @throws IllegalArgumentException when the name is blank, too long, or has control characters
     */
    public Pin {
      if (name.isBlank()
          || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES
          || name.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException(
            "a snapshot's name has 1 to "
                + MAX_NAME_BYTES
                + " bytes, is not blank, and has no control characters");
      }
    }
  }

  public Pins {
    List<Pin> sorted = new ArrayList<>(pins);
    sorted.sort(Comparator.comparingLong(Pin::sequence).thenComparing(Pin::name));
    pins = List.copyOf(sorted);
  }

  /** Of a group that has none. */
  public static Pins none(UUID group) {
    return new Pins(group, List.of());
  }

  /** The one of this name. */
  public Optional<Pin> find(String name) {
    return pins.stream().filter(pin -> pin.name.equals(name)).findFirst();
  }

  /** With one more. */
  public Pins with(Pin pin) {
    List<Pin> more = new ArrayList<>(pins);
    more.add(pin);
    return new Pins(group, more);
  }

  /** Without the one of this name. */
  public Pins without(String name) {
    return new Pins(group, pins.stream().filter(pin -> !pin.name.equals(name)).toList());
  }

  /** Those that are gone when everything up to {@code sequence} is in the baseline. */
  public List<Pin> before(long sequence) {
    return pins.stream().filter(pin -> pin.sequence < sequence).toList();
  }

  /** The file's bytes. */
  public ByteBuffer encode() {
    StringBuilder text = new StringBuilder(TITLE).append('\n');
    text.append("group ").append(group).append('\n');
    for (Pin pin : pins) {
      text.append("pin ")
          .append(pin.sequence)
          .append(' ')
          .append(pin.timeNanos)
          .append(' ')
          .append(pin.name)
          .append('\n');
    }
    return TextFiles.withChecksum(text.toString());
  }

  /**
   * Reads it.
   *
   * @param file its name, for messages
   */
  public static Pins decode(ByteBuffer bytes, String file) throws FormatException {
    List<String> lines = TextFiles.checkedLines(bytes, file);
    if (lines.size() < LINES_BEFORE_PINS || !lines.getFirst().equals(TITLE)) {
      throw new FormatException(file + " is not a list of pinned instants of version 1");
    }
    try {
      List<Pin> pins = new ArrayList<>();
      for (String line : lines.subList(LINES_BEFORE_PINS, lines.size())) {
        String[] words = line.split(" ", WORDS);
        if (words.length != WORDS || !words[0].equals("pin")) {
          throw new FormatException(file + " has a line that this Everwhen does not know: " + line);
        }
        pins.add(new Pin(words[3], Long.parseLong(words[1]), Long.parseLong(words[2])));
      }
      return new Pins(UUID.fromString(lines.get(1).substring("group ".length())), pins);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new FormatException(file + " is damaged: " + e.getMessage());
    }
  }
}
