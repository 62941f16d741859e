package io.everwhen.appliance.config;

import io.everwhen.journal.history.Retention;
import io.everwhen.journal.history.Retention.Tier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A policy for what gets old, as people write it: {@code every instant for 24h, then hourly for 7d,
 * then daily for 30d}.
 */
public final class RetentionText {

  private static final String EXAMPLE =
      "every instant for 24h, then hourly for 7d, then daily for 30d";
  private static final Pattern FINE = Pattern.compile("every instant for (\\d{1,6}[smhdw])");
  private static final Pattern TIER =
      Pattern.compile("(hourly|daily|weekly|every \\d{1,6}[smhdw]) for (\\d{1,6}[smhdw])");

  private RetentionText() {}

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException when it is none; the message says why
   */
  public static Retention parse(String text) {
    String[] parts = text.strip().split("\\s*,\\s*then\\s+", -1);
    Matcher fine = FINE.matcher(parts[0]);
    if (!fine.matches()) {
      throw new IllegalArgumentException("write it as '" + EXAMPLE + "', not '" + text + "'");
    }
    List<Tier> tiers = new ArrayList<>();
    for (String part : List.of(parts).subList(1, parts.length)) {
      Matcher tier = TIER.matcher(part);
      if (!tier.matches()) {
        throw new IllegalArgumentException(
            "'%s' is not as in '%s'; a step is hourly, daily, weekly or, for example, every 10m"
                .formatted(part, EXAMPLE));
      }
      tiers.add(new Tier(step(tier.group(1)), Durations.parse(tier.group(2))));
    }
    return new Retention(Durations.parse(fine.group(1)), tiers);
  }

  /** The text of one. */
  public static String of(Retention retention) {
    String tiers =
        retention.tiers().stream()
            .map(tier ->
                ", then %s for %s".formatted(text(tier.every(), true), text(tier.span(), false)))
            .collect(Collectors.joining());
    return "every instant for " + text(retention.fine(), false) + tiers;
  }

  private static Duration step(String text) {
    return switch (text) {
      case "hourly" -> Duration.ofHours(1);
      case "daily" -> Duration.ofDays(1);
      case "weekly" -> Duration.ofDays(7);
      default -> Durations.parse(text.substring("every ".length()));
    };
  }

  private static String text(Duration duration, boolean step) {
    if (step && duration.equals(Duration.ofHours(1))) {
      return "hourly";
    }
    if (step && duration.equals(Duration.ofDays(1))) {
      return "daily";
    }
    if (step && duration.equals(Duration.ofDays(7))) {
      return "weekly";
    }
    String text = Durations.text(duration);
    return step ? "every " + text : text;
  }
}
