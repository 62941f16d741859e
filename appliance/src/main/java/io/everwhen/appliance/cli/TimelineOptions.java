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
 * @param events whether writes and the like are left out
 */
public record TimelineOptions(
    Place place, DiskName disk, @Nullable String from, @Nullable String to, boolean events) {

  static CommandSpec spec() {
    CommandSpec spec = Specs.command("timeline", "Lists what happened to a disk, entry by entry.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    spec.addOption(
        Specs.option("--from", "I", String.class, "The first instant (default: the oldest)."));
    spec.addOption(Specs.option("--to", "I", String.class, "The last instant (default: now)."));
    spec.addOption(
        Specs.flag(
            "Leave out what was written: show flushes, marks, resizes, rewinds and steps of the clock.",
            "--events"));
    Place.addTo(spec);
    Specs.addJson(spec, "Print one JSON object a line, one line an entry.");
    spec.usageMessage()
        .footer(
            "'unflushed' is how many changes of the disk no flush had covered right after the entry: 'clean' if none, '7+' if"
                + " at least 7, '?' where history was thinned or after a rewind. With 0 in it, a disk is as its file system left it; otherwise as after"
                + " a power cut.",
            RestoreOptions.INSTANTS);
    return spec;
  }

  static TimelineOptions of(ParseResult parsed) throws UsageError {
    return new TimelineOptions(
        Place.of(parsed),
        Specs.disk(parsed, 0),
        Specs.value(parsed, "--from", String.class),
        Specs.value(parsed, "--to", String.class),
        parsed.hasMatchedOption("--events"));
  }
}
