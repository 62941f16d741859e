package io.everwhen.restore.plan;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place on the timeline, as somebody asked for it. */
public sealed interface Instant {

  /** How it was written. */
  String text();

  /** The newest entry there is. */
  record Now(String text) implements Instant {}

  /** A time, in nanoseconds since the epoch. */
  record AtTime(String text, long nanos) implements Instant {}

  /** Right after the entry with this number. */
  record AtSequence(String text, long sequence) implements Instant {}

  /** A mark, by name. */
  record AtMark(String text, String name) implements Instant {}

  /** A snapshot, by name. */
  record AtSnapshot(String text, String name) implements Instant {}

  /**
   * The last flush of the disk at or before another instant, where what depends on the order of
   * writes is consistent.
   */
  record Clean(String text, Instant of) implements Instant {}

  /** What an instant may look like, for messages. */
  String FORMS =
      "write a time such as 2026-11-21T14:30:00Z or '2026-11-21 14:30' (local), 'now', '10 minutes ago', seq:N,"
          + " mark:NAME or snapshot:NAME, or clean: and one of these for the last flush before it";

  /** Nanoseconds in a second. */
  long SECOND_NANOS = 1_000_000_000L;

  /**
   * Understands an instant.
   *
   * @param nowNanos the present time, from which relative ones count
   * @param zone of times that do not say theirs
   * @throws IllegalArgumentException when it cannot be understood; the message says what can
   */
  static Instant parse(String text, long nowNanos, ZoneId zone) {
    String t = text.strip();
    if (t.equals("now")) {
      return new Now(text);
    }
    if (t.startsWith("clean:") && t.length() > 6 && !t.startsWith("clean:clean:")) {
      return new Clean(text, parse(t.substring(6), nowNanos, zone));
    }
    if (t.startsWith("seq:")) {
      return new AtSequence(text, sequence(text, t.substring(4)));
    }
    if (t.startsWith("mark:") && t.length() > 5) {
      return new AtMark(text, t.substring(5));
    }
    if (t.startsWith("snapshot:") && t.length() > 9) {
      return new AtSnapshot(text, t.substring(9));
    }
    if (t.endsWith("ago")) {
      return new AtTime(text, nowNanos - Ago.parse(text, t).toNanos());
    }
    return new AtTime(text, time(text, t, zone));
  }

  private static long sequence(String text, String digits) {
    try {
      long sequence = Long.parseLong(digits);
      if (sequence >= 0) {
        return sequence;
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not an entry's number: write seq:N with N from 0 on");
  }

  private static long time(String text, String t, ZoneId zone) {
    String iso = t.replaceFirst("^(\\d{4}-\\d{2}-\\d{2}) +", "$1T");
    for (DateTimeFormatter format : Ago.FORMATS) {
      try {
        TemporalAccessor parsed =
            format.parseBest(iso, ZonedDateTime::from, LocalDateTime::from, LocalDate::from);
        ZonedDateTime time =
            switch (parsed) {
              case ZonedDateTime zoned -> zoned;
              case LocalDateTime local -> local.atZone(zone);
              case LocalDate date -> date.atStartOfDay(zone);
              default -> throw new IllegalStateException(parsed.toString());
            };
        return Math.addExact(
            Math.multiplyExact(time.toEpochSecond(), SECOND_NANOS), time.getNano());
      } catch (DateTimeException | ArithmeticException e) {
        // Perhaps the next format.
      }
    }
    throw new IllegalArgumentException("'" + text + "' is not an instant: " + FORMS);
  }

  /** "10 minutes ago", "90s ago", "an hour ago", "2 days ago". */
  final class Ago {

    private static final DateTimeFormatter[] FORMATS = {
      DateTimeFormatter.ISO_DATE_TIME,
      DateTimeFormatter.ISO_LOCAL_DATE,
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH")
    };

    private static final Pattern PATTERN =
        Pattern.compile("(\\d{1,9}|an?) *([a-z]+) +ago", Pattern.CASE_INSENSITIVE);

    private Ago() {}

    static Duration parse(String text, String t) {
      Matcher m = PATTERN.matcher(t);
      if (m.matches()) {
        String count = m.group(1).toLowerCase(Locale.ROOT);
        long n = count.startsWith("a") ? 1 : Long.parseLong(count);
        Optional<Duration> unit = unit(m.group(2).toLowerCase(Locale.ROOT));
        if (unit.isPresent()) {
          return unit.get().multipliedBy(n);
        }
      }
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not an instant: write a number and seconds, minutes, hours, days or weeks before 'ago'");
    }

    private static Optional<Duration> unit(String name) {
      return switch (name) {
        case "ms", "millisecond", "milliseconds" -> Optional.of(Duration.ofMillis(1));
        case "s", "sec", "secs", "second", "seconds" -> Optional.of(Duration.ofSeconds(1));
        case "m", "min", "mins", "minute", "minutes" -> Optional.of(Duration.ofMinutes(1));
        case "h", "hour", "hours" -> Optional.of(Duration.ofHours(1));
        case "d", "day", "days" -> Optional.of(Duration.ofDays(1));
        case "w", "week", "weeks" -> Optional.of(Duration.ofDays(7));
        default -> Optional.empty();
      };
    }
  }
}
