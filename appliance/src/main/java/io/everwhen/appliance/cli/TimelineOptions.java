package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen timeline} was asked for.
 *
 * @param place where the disk's history is
 * @param disk whose entries
 * @param from the first instant, as written, or null for the horizon
 * @param to the last instant, as written, or null for now
 */
public record TimelineOptions(
    Place place, DiskName disk, @Nullable String from, @Nullable String to) {

  static CommandSpec spec() {
    CommandSpec spec = Specs.command("timeline", "Lists what happened to a disk, entry by entry.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    spec.addOption(
        Specs.option("--from", "I", String.class, "The first instant (default: the oldest)."));
    spec.addOption(Specs.option("--to", "I", String.class, "The last instant (default: now)."));
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object a line, one line an entry.");
    spec.usageMessage().footer(RestoreOptions.INSTANTS);
    return spec;
  }

  static TimelineOptions of(ParseResult parsed) throws UsageError {
    return new TimelineOptions(
        Place.of(parsed),
        Specs.disk(parsed, 0),
        Specs.value(parsed, "--from", String.class),
        Specs.value(parsed, "--to", String.class));
  }
}
