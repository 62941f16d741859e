package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.config.Durations;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen prove} was asked for.
 *
 * @param data the data directory of the daemon that serves the disk
 * @param disk which disk
 * @param random how many instants of its history to check beside the newest
 * @param every how often to check again, or null for once
 * @param check what checks the disk
 */
public record ProveOptions(
    Path data, DiskName disk, int random, @Nullable Duration every, CheckOptions check) {

  private static final int RANDOM_MAX = 1000;

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "prove",
            "Has a command check the disk as it is now and as it was at random instants, and notes for 'status' what was proven last.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    CheckOptions.addTo(spec);
    spec.addOption(
        Specs.option(
            "--random",
            "N",
            Integer.class,
            "How many instants of the history to check beside the newest (default: 2)."));
    spec.addOption(
        Specs.option(
            "--every",
            "D",
            String.class,
            "Check again after so long, such as 1h, until interrupted (default: once)."));
    Specs.addData(spec);
    Specs.addJson(spec, "Print one JSON object an instant.");
    return spec;
  }

  static ProveOptions of(ParseResult parsed) throws UsageError {
    String every = Specs.value(parsed, "--every", String.class);
    int random = parsed.matchedOptionValue("--random", 2);
    if (random < 0 || random > RANDOM_MAX) {
      throw new UsageError("--random: 0 to " + RANDOM_MAX + ", not " + random);
    }
    return new ProveOptions(
        Specs.data(parsed),
        Specs.disk(parsed, 0),
        random,
        every == null ? null : Specs.understood(() -> Durations.parse(every)),
        CheckOptions.of(parsed));
  }
}
