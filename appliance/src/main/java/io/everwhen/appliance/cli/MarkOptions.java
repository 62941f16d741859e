package io.everwhen.appliance.cli;

import io.everwhen.appliance.config.DiskName;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code everwhen mark} was asked for.
 *
 * @param place where the disk is
 * @param disk whose present instant gets a name
 * @param name the mark's name, as written
 */
public record MarkOptions(Place place, DiskName disk, String name) {

  static CommandSpec spec() {
    CommandSpec spec =
        Specs.command(
            "mark",
            "Names the present instant of a disk, so that it can be asked for as mark:NAME.");
    spec.addPositional(Specs.positional(0, "DISK", true, "The disk's name."));
    spec.addPositional(Specs.positional(1, "NAME", true, "The mark's name."));
    Place.addTo(spec);
    Specs.addJson(spec, "Print the mark as one JSON object.");
    return spec;
  }

  static MarkOptions of(ParseResult parsed) throws UsageError {
    return new MarkOptions(
        Place.of(parsed), Specs.disk(parsed, 0), parsed.<String>matchedPositionalValue(1, ""));
  }
}
