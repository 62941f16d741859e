package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen history} was asked for.
 *
 * @param place where the disk's history is
 * @param disk which disk
 * @param blocks which of its blocks
 * @param from the instant after which versions count, as written, or null for the horizon
 * @param to the last instant, as written
 */
public record HistoryOptions(
    Place place, DiskName disk, Blocks blocks, @Nullable String from, String to) {

  private static final Pattern BLOCKS = Pattern.compile("(\\d{1,18})(?:-(\\d{1,18}))?");

  /**
   * Some blocks of a disk.
   *
   * @param first the number of the first, from 0
   * @param last the number of the last, not below the first
   */
  public record Blocks(long first, long last) {

    static Blocks parse(String text) {
      Matcher m = BLOCKS.matcher(text);
      if (!m.matches()) {
        throw new IllegalArgumentException(
            "'" + text + "' does not name blocks: write --lba N for one, or N-M");
      }
      long first = Long.parseLong(m.group(1));
      long last = m.group(2) == null ? first : Long.parseLong(m.group(2));
      if (last < first) {
        throw new IllegalArgumentException("--lba " + text + " ends before it begins");
      }
      return new Blocks(first, last);
    }

    @Override
    public String toString() {
      return first == last ? "block " + first : "blocks " + first + "-" + last;
    }
  }

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command("history", "Lists every version of some blocks of a disk, the newest last.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    spec.addOption(
        Specs.required(
            "--lba",
            "N[-M]",
            String.class,
            "The block, or the first and the last one, in blocks of the disk."));
    spec.addOption(
        Specs.option(
            "--from", "I", String.class, "Only what came after this instant (default: all)."));
    spec.addOption(
        Specs.option(
            "--to", "I", String.class, "Only what came up to this instant (default: now)."));
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object, with the versions as an array.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static HistoryOptions of(ParseResult parsed) throws UsageError {
    return new HistoryOptions(
        Place.of(parsed),
        Specs.disk(parsed, 0),
        Specs.understood(() -> Blocks.parse(parsed.matchedOptionValue("--lba", ""))),
        Specs.value(parsed, "--from", String.class),
        parsed.<String>matchedOptionValue("--to", "now"));
  }
}
