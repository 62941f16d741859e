package io.everwhen.appliance.config;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A size in bytes as people write it: {@code 1GiB}, {@code 512MiB}, {@code 10G}, {@code 4096}.
 *
 * <p>{@code K M G T} and {@code KiB MiB GiB TiB} are powers of 1024, as in qemu-img, truncate and
 * lvcreate; {@code KB MB GB TB} are powers of 1000, as on a disk's label. Upper and lower case are
 * the same.
 *
 * @param bytes at least 1
 */
public record ByteSize(long bytes) {

  private static final Pattern WRITTEN = Pattern.compile("(\\d{1,19}) ?([A-Za-z]*)");

  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("b", 1L),
          Map.entry("k", 1L << 10),
          Map.entry("kib", 1L << 10),
          Map.entry("kb", 1_000L),
          Map.entry("m", 1L << 20),
          Map.entry("mib", 1L << 20),
          Map.entry("mb", 1_000_000L),
          Map.entry("g", 1L << 30),
          Map.entry("gib", 1L << 30),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("t", 1L << 40),
          Map.entry("tib", 1L << 40),
          Map.entry("tb", 1_000_000_000_000L));

  private static final String[] BINARY_UNITS = {"TiB", "GiB", "MiB", "KiB"};

  public ByteSize {
    if (bytes < 1) {
      throw new IllegalArgumentException("a size is at least 1 byte, not " + bytes);
    }
  }

  /**
   * The size that {@code text} means.
   *
   * @throws IllegalArgumentException if it is not a size; the message says what one looks like
   */
  public static ByteSize parse(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    Long unit = matcher.matches() ? UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
    if (unit == null) {
      throw new IllegalArgumentException(
          "not a size: '"
              + text
              + "'; write a whole number and a unit, such as 1GiB, 512MiB, 10G or 4096");
    }
    try {
      return new ByteSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), unit));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("too large: '" + text + "'", e);
    }
  }

  /**
   * The shortest exact form that {@link #parse} reads back, such as {@code 1GiB} or {@code 4097}.
   */
  @Override
  public String toString() {
    int shift = 40;
    for (String unit : BINARY_UNITS) {
      if (bytes % (1L << shift) == 0) {
        return (bytes >> shift) + unit;
      }
      shift -= 10;
    }
    return Long.toString(bytes);
  }
}
